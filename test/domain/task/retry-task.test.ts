import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import {
  installations,
  owners,
  pullRequests,
  repositories,
  tasks,
} from "../../../src/adapters/postgres/schema.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { deleteWorker, insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { stopAllIn } from "../../../src/domain/delivery/apply-installation.ts";
import { retryTask } from "../../../src/domain/task/retry-task.ts";
import { settleTask } from "../../../src/domain/task/settle-task.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { sweepQueue } from "../../../src/domain/task/sweep-queue.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
import { claimTasks, endRun } from "../../support/queue.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const ctx = { db, log: createLog("silent", {}) };
const broken = { kind: "failed", reason: "internal_error", error: "it broke" } as const;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await db.delete(tasks);
  await db.update(owners).set({ seatsInUse: 0 });
});
afterAll(() => database.close());

/** Where the App is installed. */
async function seedPull(ownerId?: string): Promise<SeededPullRequest> {
  const pullRequest = await seedPullRequest(db, ownerId ?? (await seedOwner(db)));
  const installationId = Bun.randomUUIDv7();
  await db.insert(installations).values({
    ...{ id: installationId, ownerId: pullRequest.ownerId, forge: "github", host: "github.test" },
    externalId: Math.floor(Math.random() * 1e12),
  });
  await db.update(repositories).set({ installationId }).where(eq(repositories.id, pullRequest.repositoryId));
  return pullRequest;
}

async function enqueue(pullRequest: SeededPullRequest, values: Parameters<typeof newTask>[1] = {}) {
  return (await insertTask(db, newTask(pullRequest, values))).id;
}

async function claim(taskId: string) {
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
  const claimed = await claimTasks(db, { workerId, limit: 100, isIdle: true });
  const task = claimed.find((one) => one.taskId === taskId);
  if (!task) throw new Error(`the task ${taskId} was not ready`);
  return task;
}

async function seedFailed(pullRequest: SeededPullRequest, values: Parameters<typeof newTask>[1] = {}) {
  const id = await enqueue(pullRequest, values);
  await settleTask(ctx, await claim(id), broken);
  return id;
}

async function taskOf(id: string) {
  const [task] = await db.select().from(tasks).where(eq(tasks.id, id));
  if (!task) throw new Error(`no task ${id}`);
  return task;
}

test("a failed task is pending again, with all its attempts, what it was stored with, and before what nobody asked for", async () => {
  const config = { model: "a", "quote'd": ["{}"] };
  const id = await seedFailed(await seedPull(), { config, trigger: "webhook", maxAttempts: 1 });
  const failed = await taskOf(id);
  expect(failed).toMatchObject({ status: "failed", attemptCount: 1 });
  expect(await retryTask(ctx, id)).toBeNull();
  expect(await taskOf(id)).toEqual({
    ...{ ...failed, status: "pending", placement: "ready", reason: "retry", priority: -10 },
    ...{ attemptCount: 0, finishedAt: null, rank: expect.any(Number) },
  });
  const again = await claim(id);
  expect(again).toMatchObject({ config, attemptCount: 1, maxAttempts: 1, lostCount: 0 });
  expect(again.fence).toBe(failed.fence + 1);
  expect(await endRun(ctx, again, { kind: "completed", reason: "reviewed" })).toBe("completed");
});

test("serve may do it with its own rights", async () => {
  const id = await seedFailed(await seedPull());
  const serve = connect(`${database.url}?role=reviewd_serve`, "reviewd test serve", 2);
  expect(await retryTask({ ...ctx, db: serve.db }, id)).toBeNull();
  await serve.close();
});

test("a task whose processes died too often gets its chances again", async () => {
  const id = await enqueue(await seedPull());
  for (let i = 0; i < 3; i++) {
    await deleteWorker(db, (await claim(id)).workerId);
    await sweepQueue(ctx);
  }
  expect(await taskOf(id)).toMatchObject({ status: "failed", reason: "worker_lost", lostCount: 3 });
  expect(await retryTask(ctx, id)).toBeNull();
  expect(await claim(id)).toMatchObject({ lostCount: 0 });
});

test("a second click is refused, also at the same moment, until it has failed again", async () => {
  const id = await seedFailed(await seedPull());
  const answers = await Promise.all([retryTask(ctx, id), retryTask(ctx, id), retryTask(ctx, id)]);
  expect(answers.toSorted()).toEqual(["already_queued", "already_queued", null]);
  const run = await claim(id);
  expect(await retryTask(ctx, id)).toBe("already_running");
  await settleTask(ctx, run, broken);
  expect(await retryTask(ctx, id)).toBeNull();
  expect(await retryTask(ctx, Bun.randomUUIDv7())).toBe("unknown_task");
});

test("the run that failed cannot end the one that goes on", async () => {
  const id = await enqueue(await seedPull());
  const first = await claim(id);
  await deleteWorker(db, first.workerId);
  await sweepQueue(ctx);
  await cancelTask(ctx, id);
  expect(await retryTask(ctx, id)).toBeNull();
  await claim(id);
  expect(await settleTask(ctx, first, broken)).toBeNull();
  expect(await endRun(ctx, first, { kind: "completed", reason: "reviewed" })).toBeNull();
  expect((await taskOf(id)).status).toBe("running");
});

describe("its place in the queue", () => {
  test("waits for a seat when its owner has none", async () => {
    const ownerId = await seedOwner(db, 1);
    const id = await seedFailed(await seedPull(ownerId));
    const other = await enqueue(await seedPull(ownerId));
    const run = await claim(other);
    expect(await retryTask(ctx, id)).toBeNull();
    expect((await taskOf(id)).placement).toBe("waiting");
    await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
    await claim(id);
  });

  test("is held while another review of the pull request is being published", async () => {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest);
    const other = await enqueue(pullRequest, { headSha: "c".repeat(40) });
    const run = await claim(other);
    expect(await retryTask(ctx, id)).toBeNull();
    expect((await taskOf(id)).placement).toBe("held");
    await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
    await claim(id);
  });

  test("is not held when it publishes nothing", async () => {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest, { outputMode: "app" });
    await claim(await enqueue(pullRequest, { headSha: "c".repeat(40) }));
    expect(await retryTask(ctx, id)).toBeNull();
    expect((await taskOf(id)).placement).toBe("ready");
  });
});

describe("refused", () => {
  const setPull = async (
    { pullRequestId }: SeededPullRequest,
    values: Partial<typeof pullRequests.$inferInsert>,
  ) => await db.update(pullRequests).set(values).where(eq(pullRequests.id, pullRequestId));

  test.each([
    ["closed", { state: "closed" }],
    ["new_head", { headSha: "c".repeat(40) }],
    ["retargeted", { baseRef: "next" }],
  ] as const)("when the pull request is not what it was: %s", async (reason, values) => {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest);
    await setPull(pullRequest, values);
    expect(await retryTask(ctx, id)).toBe(reason);
    expect((await taskOf(id)).status).toBe("failed");
  });

  test("where the App is not installed any more", async () => {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest);
    await db
      .update(repositories)
      .set({ installationId: null })
      .where(eq(repositories.id, pullRequest.repositoryId));
    expect(await retryTask(ctx, id)).toBe("uninstalled");
  });

  test("when another task has taken its place: queued, running, done", async () => {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest, { trigger: "webhook" });
    const next = await enqueue(pullRequest, { trigger: "webhook" });
    expect(await retryTask(ctx, id)).toBe("already_queued");
    const run = await claim(next);
    expect(await retryTask(ctx, id)).toBe("already_running");
    await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
    expect(await retryTask(ctx, id)).toBe("already_reviewed");
  });

  test("but not for the review that was there before somebody asked for another one", async () => {
    const pullRequest = await seedPull();
    const first = await enqueue(pullRequest, { trigger: "webhook" });
    await endRun(ctx, await claim(first), { kind: "completed", reason: "reviewed" });
    const id = await seedFailed(pullRequest, { trigger: "rerequest" });
    expect(await retryTask(ctx, id)).toBeNull();
  });
});

test("retried while the repository is taken from the App, it does not stay in the queue", async () => {
  for (let round = 0; round < 10; round++) {
    const pullRequest = await seedPull();
    const id = await seedFailed(pullRequest);
    const remove = db.transaction(async (tx) => {
      const { repositoryId } = pullRequest;
      await tx.execute(sql`select from repositories where id = ${repositoryId} for no key update`);
      await stopAllIn(tx, [repositoryId], "repository_removed");
      await tx.update(repositories).set({ installationId: null }).where(eq(repositories.id, repositoryId));
    });
    const [refusal] = await Promise.all([retryTask(ctx, id), remove]);
    const { status } = await taskOf(id);
    expect([refusal, status]).toEqual(refusal === null ? [null, "cancelled"] : ["uninstalled", "failed"]);
  }
});

test("many clicks among settling, cancelling and queueing break no seat", async () => {
  const ownerIds = [await seedOwner(db, 1), await seedOwner(db, 2)] as const;
  let retried = 0;
  const work = async (round: number) => {
    await enqueue(await seedPull(ownerIds[round % 3 === 0 ? 0 : 1]));
    const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
    for (let claims = 0; claims < 5; claims++) {
      for (const { taskId, ...run } of await claimTasks(db, { workerId, limit: 2, isIdle: true })) {
        if (round % 4 === 0) await cancelTask(ctx, taskId);
        await settleTask(ctx, { taskId, ...run }, broken);
        const answers = await Promise.all([retryTask(ctx, taskId), retryTask(ctx, taskId)]);
        retried += answers.filter((answer) => answer === null).length;
      }
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, round) => work(round)));
  expect(await findBrokenSeats(db)).toEqual([]);
  expect(retried).toBeGreaterThan(0);
});
