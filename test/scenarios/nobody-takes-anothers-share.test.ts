/** Promise 4: one owner's load does not delay another's. */
import { expect, test } from "bun:test";
import { problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", files: problems };

test("an owner whose reviews hang keeps its own waiting, and nobody else's", async () => {
  await using system = await startSystem({ roles: [] });
  await system.start("serve", { OWNER_MAX_RUNNING: "1" });
  // A long lease lets a call to the forge hang longer than the other owner's review takes.
  await system.start("dispatcher", { DISPATCHER_CONCURRENCY: "2", LEASE_SECS: "60" });
  const reading = system.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
  const hanging = await system.repository.openPullRequest({ ...cart, branch: "cart-1" });
  await reading.reached;
  const behind = await system.repository.openPullRequest({
    ...cart,
    branch: "cart-2",
    files: { ...problems, "more.md": "more\n" },
  });
  const other = await system.hub.createRepository({ owner: "globex", name: "store", private: true });
  const reviewed = await other.openPullRequest({ ...cart, branch: "cart" });

  await taskOf(system, reviewed, "completed");
  expect(await taskOf(system, hanging, "running")).toMatchObject({ placement: null });
  expect(await taskOf(system, behind, "pending")).toMatchObject({ placement: "waiting" });
  reading.release();
  await taskOf(system, hanging, "completed");
  await taskOf(system, behind, "completed");
});
