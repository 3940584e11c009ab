import { afterAll, afterEach, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { ClaimedTask } from "../../../src/adapters/postgres/runs.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import type { RunOutcome } from "../../../src/domain/task/settlement.ts";
import { sweepQueue } from "../../../src/domain/task/sweep-queue.ts";
import { createLog } from "../../../src/log.ts";
import { createExchange } from "../../../src/roles/dispatcher/exchange.ts";
import { keepLease } from "../../../src/roles/dispatcher/lease.ts";
import { createRuns } from "../../../src/roles/dispatcher/runs.ts";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { claimTasks } from "../../support/queue.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const ctx = { db, log: createLog("silent", {}) };

afterEach(async () => {
  await db.execute(sql`delete from tasks`);
  await db.execute(sql`update owners set seats_in_use = 0`);
});
afterAll(() => database.close());

/** A process whose runs end when the test says so. */
function createProcess(concurrency: number) {
  const started = new Map<string, { task: ClaimedTask; end: (outcome: RunOutcome) => void }>();
  let onEnd = Promise.withResolvers<void>();
  const execute = (task: ClaimedTask) => {
    const { promise, resolve } = Promise.withResolvers<RunOutcome>();
    started.set(task.taskId, { task, end: resolve });
    return promise;
  };
  const runs = createRuns(ctx, execute, () => onEnd.resolve());
  const leases = keepLease({ ...ctx, leaseMs: 60_000 });
  const stopping = new AbortController();
  const pass = createExchange(ctx, { leases, runs, concurrency, signal: stopping.signal });
  const end = async (taskId: string, outcome: RunOutcome) => {
    onEnd = Promise.withResolvers();
    started.get(taskId)?.end(outcome);
    await onEnd.promise;
  };
  const close = async () => {
    const { workerId } = await leases.get();
    await runs.handBack(workerId);
    await leases.end();
  };
  return { started, runs, leases, stopping, pass, end, [Symbol.asyncDispose]: close };
}

async function enqueue(ownerId: string): Promise<string> {
  return (await insertTask(db, newTask(await seedPullRequest(db, ownerId)))).id;
}

async function statusOf(taskId: string): Promise<string | undefined> {
  const [row] = await db.execute<{ status: string }>(sql`select status from tasks where id = ${taskId}`);
  return row?.status;
}

async function withoutTasks(act: () => unknown): Promise<void> {
  await db.execute(sql`alter table tasks rename to tasks_away`);
  await act();
  await db.execute(sql`alter table tasks_away rename to tasks`);
}

const completed: RunOutcome = { kind: "completed", reason: "reviewed" };

test("one call settles what completed and claims what it made room for", async () => {
  const ownerId = await seedOwner(db, 1);
  await using process = createProcess(1);
  const first = await enqueue(ownerId);
  const second = await enqueue(ownerId);
  await process.pass();
  await process.end(first, completed);
  expect(await statusOf(first)).toBe("running");
  await process.pass();
  expect([await statusOf(first), await statusOf(second)]).toEqual(["completed", "running"]);
});

test("what a claim took whose answer was lost is handed back and claimed anew; what runs goes on", async () => {
  const ownerId = await seedOwner(db);
  await using process = createProcess(4);
  const running = await enqueue(ownerId);
  await process.pass();

  const stray = await enqueue(ownerId);
  const { workerId } = await process.leases.get();
  expect(await claimTasks(db, { workerId, limit: 1, isIdle: false })).toHaveLength(1);
  await withoutTasks(() => expect(process.pass()).rejects.toThrow());
  expect(process.runs.has(stray)).toBe(false);

  await process.pass();
  expect(process.started.get(stray)?.task).toMatchObject({ fence: 2, attemptCount: 1, lostCount: 0 });
  expect(process.started.get(running)?.task).toMatchObject({ fence: 1 });
});

test("what completed while the database was away is settled when it is back", async () => {
  await using process = createProcess(1);
  const task = await enqueue(await seedOwner(db));
  await process.pass();
  await process.end(task, completed);
  await withoutTasks(() => expect(process.pass()).rejects.toThrow());
  expect(process.runs.has(task)).toBe(true);
  await process.pass();
  expect([process.runs.has(task), await statusOf(task)]).toEqual([false, "completed"]);
});

test("a run that was lost and ends late leaves the one that took its place alone", async () => {
  await using process = createProcess(2);
  const task = await enqueue(await seedOwner(db));
  await process.pass();
  const late = process.started.get(task);
  await db.execute(sql`delete from workers`);
  await process.leases.renew();
  await sweepQueue(ctx);
  await process.pass();
  expect(process.started.get(task)?.task).toMatchObject({ fence: 2 });

  late?.end({ kind: "retry", reason: "retry", error: "aborted" });
  await process.end(task, completed);
  await eventually(async () => {
    await process.pass();
    expect([process.runs.has(task), await statusOf(task)]).toEqual([false, "completed"]);
  });
});

test("what a cut off call claims later is found and handed back", async () => {
  await using process = createProcess(4);
  const task = await enqueue(await seedOwner(db));
  const { workerId } = await process.leases.get();
  await claimTasks(db, { workerId, limit: 1, isIdle: false });
  await process.pass();
  expect(process.started.get(task)?.task).toMatchObject({ fence: 2, attemptCount: 1, lostCount: 0 });
});

test("no more is claimed than may run, and nothing after the signal", async () => {
  const ownerId = await seedOwner(db);
  await using process = createProcess(2);
  for (let i = 0; i < 3; i++) await enqueue(ownerId);
  await process.pass();
  await process.pass();
  expect(process.runs.count()).toBe(2);

  process.stopping.abort();
  const [first] = process.started.keys();
  if (!first) throw new Error("nothing was started");
  await process.end(first, completed);
  await process.pass();
  expect([process.runs.count(), await statusOf(first)]).toEqual([1, "completed"]);
});
