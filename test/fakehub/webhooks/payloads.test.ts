import { afterEach, beforeEach, expect, test } from "bun:test";
import { events } from "../contract/operations.ts";
import { type Fakehub, startFakehub } from "../fakehub.ts";
import { connect } from "../test-client.ts";

let hub: Fakehub;
beforeEach(async () => {
  hub = await startFakehub();
});
afterEach(() => hub.close());

test("the payload of every event fakehub knows fits GitHub's description of it", async () => {
  const repository = await hub.createRepository({
    owner: "acme",
    name: "shop",
    files: { "src/a.ts": "one\ntwo\nthree\n" },
  });
  const eve = hub.user("eve");
  const pull = await openEverything(repository);
  const client = await connect(hub, "acme");
  const number = pull.number;
  const comments = [{ path: "src/a.ts", line: 2, body: "why?" }];
  const review = { commit_id: pull.headSha, event: "REQUEST_CHANGES", body: "Look", comments };
  await client.call("POST", `/repos/acme/shop/pulls/${number}/reviews`, review);
  const check = { name: "reviewd", head_sha: pull.headSha, status: "in_progress" };
  await client.call("POST", "/repos/acme/shop/check-runs", check);
  const [inline] = pull.inlineComments();
  const [posted] = pull.reviews();
  const [run] = pull.checks();
  if (!inline || !posted || !run) throw new Error("nothing was posted");
  await client.call("PATCH", `/repos/acme/shop/check-runs/${run.id}`, { conclusion: "neutral" });
  await eve.rerun(run);
  await eve.resolveThread(inline);
  await eve.unresolveThread(inline);
  await eve.editComment(inline, "really, why?");
  await eve.dismissReview(posted);
  await eve.editReview(posted, "Look again");
  await eve.deleteComment(inline);
  const comment = await eve.comment(pull, "hello");
  await eve.editComment(comment, "hello there");
  await eve.deleteComment(comment);
  await pull.close({ merged: true });
  const installation = hub.installation("acme");
  installation.announce();
  installation.suspend();
  installation.unsuspend();
  installation.setPermissions({ metadata: "read", pull_requests: "write" });
  repository.setInstalled(false);
  repository.setInstalled(true);
  repository.rename("store");
  installation.delete();
  hub.ping();
  await hub.webhooks.settled();
  const sent = hub.webhooks.deliveries.map(
    ({ event, action }) => `${event}${action === null ? "" : `-${action}`}`,
  );
  expect([...new Set(sent.map((name) => name.replaceAll("_", "-")))].sort()).toEqual([...events].sort());
  expect(hub.violations).toEqual([]);
});

async function openEverything(repository: Awaited<ReturnType<Fakehub["createRepository"]>>) {
  const files = { "src/a.ts": "one\n1.5\ntwo\nthree\n" };
  await repository.push({ branch: "release", files: {} });
  const pull = await repository.openPullRequest({ author: "eve", title: "Add", branch: "cart", files });
  await pull.convertToDraft();
  await pull.markReady();
  await pull.label("urgent");
  await pull.unlabel("urgent");
  await pull.retarget("release");
  await pull.close();
  await pull.reopen();
  await pull.push({ files: { "src/b.ts": "new\n" } });
  return pull;
}
