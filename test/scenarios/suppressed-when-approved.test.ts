/** What people dislike is proposed for suppression, and held back once a person has approved that, and not before. */
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const again = { ...cart, title: "Add another cart", branch: "again" };
const last = { ...cart, title: "Add a third cart", branch: "last" };

test("downvotes become a proposal, an approval holds the next finding back, and a refusal lets it be said again", async () => {
  await using system = await startSystem();
  const { hub, repository } = system;
  const commented = async (values: typeof cart) => {
    const pull = await repository.openPullRequest(values);
    const { id } = await taskOf(system, pull, "completed");
    const { findings } = await system.get(`/tasks/${id}/findings`);
    return {
      pull,
      findings,
      paths: pull
        .inlineComments()
        .map(({ path }) => path)
        .sort(),
    };
  };
  const first = await commented(cart);
  expect(first.paths).toEqual(["notes.md", "src/cart.ts"]);
  const disliked = first.pull.inlineComments().find(({ path }) => path === "src/cart.ts");
  if (!disliked) throw new Error("it was just there");
  for (let i = 0; i < 8; i++) await hub.user(`person-${i}`).react(disliked, "-1");
  const poller = await system.start("poller");
  await eventually(async () => {
    const { groups } = await system.get("/feedback/summary?group_by=rule");
    expect(groups.reduce((sum: number, { votes }: { votes: { down: number } }) => sum + votes.down, 0)).toBe(
      8,
    );
  });
  expect(await poller.stop()).toBe(0);

  const syncer = await system.start("syncer");
  expect(await syncer.log("votes counted for suppressions")).toMatchObject({ proposed: 1 });
  const { suppressions } = await system.get("/suppressions");
  const { rule_id: rule } = first.findings.find(({ path }: { path: string }) => path === "src/cart.ts");
  expect(suppressions).toMatchObject([
    {
      ...{ kind: "rule", subject: rule, state: "proposed", repository: { full_name: "acme/shop" } },
      evidence: { votes: { up: 0, down: 8 }, people: 8 },
    },
  ]);
  const path = `/suppressions/${suppressions[0].id}`;
  expect((await commented({ ...again, branch: "proposed" })).paths).toEqual(first.paths);

  expect(await system.post(`${path}/approve`, { days: 7 })).toMatchObject({
    ...{ state: "approved", decided_by: "scenario" },
  });
  const second = await commented(again);
  expect(second.paths).toEqual(["notes.md"]);
  const heldBack = second.findings.find(({ rule_id: id }: { rule_id: string }) => id === rule);
  expect(heldBack).toMatchObject({ disposition: "withheld", withheld_reason: "suppressed" });
  const [summary] = second.pull.issueComments();
  expect(summary?.body).toContain("Not said: 1 of a kind that is suppressed here.");
  expect(summary?.body).toContain(`rule \`${rule}\``);
  // What was said before stays.
  expect(first.pull.inlineComments()).toHaveLength(2);

  expect(await system.post(`${path}/refuse`)).toMatchObject({ state: "refused" });
  expect((await commented(last)).paths).toEqual(first.paths);
});
