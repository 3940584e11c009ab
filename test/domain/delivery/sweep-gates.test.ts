/** The sweep and the gates of a configuration agree: what was opened is reviewed, what is closed is not asked for again and again. */
import { expect, test } from "bun:test";
import { repositoryConfigurations } from "../../../src/adapters/postgres/schema.ts";
import type { SkipReason } from "../../../src/adapters/postgres/tasks.ts";
import { insertWorker } from "../../../src/adapters/postgres/workers.ts";
import type { ReviewSettings } from "../../../src/domain/configuration/review-settings.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { claimTasks, endRun } from "../../support/queue.ts";
import { type SyncWorld, startSyncWorld } from "./sync-world.ts";

const cart = { author: "eve", title: "Add cart", files: { "cart.ts": "export {};\n" } };

const statuses = async (world: SyncWorld) =>
  (await world.tasks()).map(({ status, reason }) => `${status} ${reason ?? ""}`.trim());

/** The repository's main branch is configured so from now on. */
async function configure(
  world: SyncWorld,
  settings: ReviewSettings,
  staleAt: Date | null = null,
): Promise<void> {
  const [repository] = await world.repositories();
  if (!repository) throw new Error("there is no repository yet");
  const values = { commitSha: "c".repeat(40), settings, staleAt };
  await world.ctx.db
    .insert(repositoryConfigurations)
    .values({ repositoryId: repository.id, baseRef: "main", ...values })
    .onConflictDoUpdate({
      target: [repositoryConfigurations.repositoryId, repositoryConfigurations.baseRef],
      set: values,
    });
}

/** Runs what is ready, whose configuration says that it is skipped. */
async function skipReady({ ctx }: SyncWorld, reason: SkipReason): Promise<void> {
  const workerId = await insertWorker(ctx.db, { role: "dispatcher", leaseMs: 60_000 });
  for (const task of await claimTasks(ctx.db, { workerId, limit: 100, isIdle: true })) {
    await endRun(ctx, task, { kind: "skipped", reason });
  }
}

test("a head that was skipped is queued once its gate is opened, and not before", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  await repository.openPullRequest({ ...cart, branch: "cart", draft: true });
  await world.sweep();
  await configure(world, { drafts: false, bots: true });
  expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0 });
  await configure(world, { drafts: true });
  expect(await world.sweep()).toMatchObject({ queued: 1, skipped: 0 });
  expect(await statuses(world)).toEqual(["skipped draft", "pending"]);
});

test("where the file may have changed, a run decides, once", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  await repository.openPullRequest({ ...cart, branch: "cart", draft: true });
  await world.sweep();
  await configure(world, {}, new Date());
  expect(await world.sweep()).toMatchObject({ queued: 1 });
  await skipReady(world, "draft");
  await configure(world, {});
  expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0, raced: 0 });
  expect(await statuses(world)).toEqual(["skipped draft", "skipped draft"]);
});

test("a fork whose author may not write is asked about once, for each head", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  const pull = await repository.openPullRequest({ ...cart, branch: "cart", fromFork: true });
  await world.sweep();
  await configure(world, { forks: "members" });
  await skipReady(world, "fork_policy");
  expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0, raced: 0 });
  await pull.push({ files: { "cart.ts": "export const two = 2;\n" } });
  expect(await world.sweep()).toMatchObject({ queued: 1 });
});

test("what an author had too many of today is queued tomorrow", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  await repository.openPullRequest({ ...cart, branch: "one", fromFork: true });
  await world.sweep();
  await configure(world, { fork_reviews_per_day: 1 });
  await repository.openPullRequest({ ...cart, branch: "two", fromFork: true });
  await world.sweep();
  expect(await statuses(world)).toEqual(["pending", "skipped author_limit"]);
  expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0, raced: 0 });
  await using _nextDay = await advanceClock(world.ctx.db, 25 * 3_600_000);
  expect(await world.sweep()).toMatchObject({ queued: 1, skipped: 0 });
});
