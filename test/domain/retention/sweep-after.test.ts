/** What retention leaves on open pull requests is enough for the sweep and for events to know what is done. */
import { expect, test } from "bun:test";
import { pruneOld } from "../../../src/domain/retention/prune-old.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { type SyncWorld, startSyncWorld } from "../delivery/sync-world.ts";

const files = { "cart.ts": "export {};\n" };
const opening = { author: "eve", title: "Add cart", files };

async function prune({ ctx, tasks }: SyncWorld): Promise<number> {
  const before = (await tasks()).length;
  const days = { deliveryRetentionDays: 30, taskRetentionDays: 180, recordRetentionDays: 30 };
  await pruneOld(ctx, { ...days, onPruned: () => {}, signal: ctx.signal });
  return before - (await tasks()).length;
}

async function completeAll(world: SyncWorld): Promise<void> {
  for (const { id, status } of await world.tasks()) if (status === "pending") await world.complete(id);
}

test("a sweep finds nothing to do again, however old what was done is", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  const reviewed = await repository.openPullRequest({ ...opening, branch: "reviewed" });
  await repository.openPullRequest({ ...opening, branch: "draft", draft: true });
  const pushed = await repository.openPullRequest({ ...opening, branch: "pushed" });
  const calledOff = await repository.openPullRequest({ ...opening, branch: "called-off" });
  await world.sweep();
  await pushed.push({ files: { "more.ts": "export {};\n" } });
  await world.sweep();
  const tasks = await world.tasks();
  const [unwanted] = tasks.filter(({ headSha }) => headSha === calledOff.headSha);
  await cancelTask(world.ctx, unwanted?.id ?? "");
  await completeAll(world);
  expect(reviewed.headSha).not.toBe(pushed.headSha);

  await using _clock = await advanceClock(world.ctx.db, 4_000 * 86_400_000);
  // The superseded one.
  expect(await prune(world)).toBe(1);
  expect(await world.sweep()).toMatchObject({ pullRequests: 4, queued: 0, skipped: 0, closed: 0, raced: 0 });
});

test("a head that was reviewed long ago is not reviewed again when it is pushed back to", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  const pull = await repository.openPullRequest({ ...opening, branch: "cart" });
  const first = pull.headSha;
  await world.sweep();
  await completeAll(world);
  await pull.push({ files: { "more.ts": "export {};\n" } });
  await world.sweep();
  await completeAll(world);
  await using _clock = await advanceClock(world.ctx.db, 4_000 * 86_400_000);
  expect(await prune(world)).toBe(0);
  await pull.forcePush({ to: first });
  await world.sweep();
  expect((await world.tasks()).map(({ status }) => status)).toEqual(["completed", "completed"]);
});
