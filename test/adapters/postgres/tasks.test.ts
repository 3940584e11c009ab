import { afterAll, afterEach, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { type ClaimedTask, leaseLeftMs, lockRun } from "../../../src/adapters/postgres/runs.ts";
import { owners, tasks } from "../../../src/adapters/postgres/schema.ts";
import { changeCapacity, findBrokenSeats, lockPlaces } from "../../../src/adapters/postgres/seats.ts";
import { insertTask, withdrawStop } from "../../../src/adapters/postgres/tasks.ts";
import { deleteWorker, insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { cancelTask, stopTasks } from "../../../src/domain/task/stop-tasks.ts";
import { sweepQueue } from "../../../src/domain/task/sweep-queue.ts";
import { createLog } from "../../../src/log.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { claimTasks, endRun } from "../../support/queue.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const ctx = { db, log: createLog("silent", {}) };
const leaseMs = 15_000;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  // Every test leaves an empty queue behind, so that the next one claims only its own.
  await db.delete(tasks);
  await db.update(owners).set({ seatsInUse: 0 });
});
afterAll(() => database.close());

async function enqueue(
  pullRequest: SeededPullRequest,
  values: Parameters<typeof newTask>[1] = {},
): Promise<string> {
  return (await db.transaction((tx) => insertTask(tx, newTask(pullRequest, values)))).id;
}

async function claimAll(idle = true): Promise<readonly ClaimedTask[]> {
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
  return await claimTasks(db, { workerId, limit: 100, isIdle: idle });
}

async function claimOne(): Promise<ClaimedTask> {
  const [task] = await claimAll();
  if (!task) throw new Error("nothing was ready");
  return task;
}

/** Runs one task at a time, and counts whose they were. */
async function takeTurns(
  count: number,
  onEnd: (run: ClaimedTask) => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 600_000 });
  const turns = new Map<string, number>();
  for (let turn = 0; turn < count; turn++) {
    const [run] = await claimTasks(db, { workerId, limit: 1, isIdle: true });
    if (!run) throw new Error("nothing was ready");
    turns.set(run.ownerId, (turns.get(run.ownerId) ?? 0) + 1);
    await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
    await onEnd(run);
  }
  return turns;
}

async function getTask(id: string) {
  const [task] = await db.select().from(tasks).where(eq(tasks.id, id));
  if (!task) throw new Error(`no task ${id}`);
  return task;
}

test("an owner never runs more than its seats; the next one starts when one ends", async () => {
  const ownerId = await seedOwner(db, 2);
  for (let i = 0; i < 5; i++) await enqueue(await seedPullRequest(db, ownerId));
  const running = await claimAll();
  expect(running).toHaveLength(2);
  expect(await claimAll()).toHaveLength(0);

  const [first] = running;
  if (!first) throw new Error("unreachable");
  expect(await endRun(ctx, first, { kind: "completed", reason: "reviewed" })).toBe("completed");
  expect(await claimAll()).toHaveLength(1);
});

test("one owner's load does not delay another's first task", async () => {
  const busy = await seedOwner(db, 3);
  for (let i = 0; i < 3; i++) await enqueue(await seedPullRequest(db, busy));
  const newcomer = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
  const [first, second] = [
    await claimTasks(db, { workerId, limit: 1, isIdle: true }),
    await claimTasks(db, { workerId, limit: 1, isIdle: false }),
  ];
  expect([first[0]?.ownerId, second[0]?.taskId]).toEqual([busy, newcomer]);
});

test("a pull request has one publisher at a time; the next one is held, not refused", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  await enqueue(pullRequest);
  const second = await enqueue(pullRequest);
  expect((await getTask(second)).placement).toBe("held");
  const run = await claimOne();
  await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
  expect((await claimOne()).taskId).toBe(second);
});

test("a task that only shows its review in the app does not wait for the publisher", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  await enqueue(pullRequest);
  await enqueue(pullRequest, { outputMode: "app" });
  expect(await claimAll()).toHaveLength(2);
});

test("freeing a pull request lets the next task in under its own owner", async () => {
  const organization = await seedOwner(db, 1);
  const person = await seedOwner(db, 1);
  const pullRequest = await seedPullRequest(db, organization);
  await enqueue(pullRequest);
  const persons = await enqueue({ ...pullRequest, ownerId: person });
  const run = await claimOne();
  expect(run.ownerId).toBe(organization);
  await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
  expect((await claimOne()).taskId).toBe(persons);
});

test("whatever a branch or a person is called is kept as it is", async () => {
  const names = ["it's", "a\\'; drop table tasks; --", "$1 {x} %s", '\u202e"ünïcode"🙂', "E'\\x00'"];
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  for (const name of names) {
    const id = await enqueue(pullRequest, { baseRef: name, createdBy: name, config: { name } });
    expect(await getTask(id)).toMatchObject({ baseRef: name, createdBy: name, config: { name } });
  }
});

test("one automatic task for a head and base, whoever asks how often", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const ask = () => db.transaction((tx) => insertTask(tx, newTask(pullRequest, { trigger: "webhook" })));
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
});

test("within an owner the smaller priority number goes first", async () => {
  const ownerId = await seedOwner(db, 1);
  await enqueue(await seedPullRequest(db, ownerId));
  await enqueue(await seedPullRequest(db, ownerId), { priority: 10 });
  const urgent = await enqueue(await seedPullRequest(db, ownerId), { priority: 1 });
  await endRun(ctx, await claimOne(), { kind: "completed", reason: "reviewed" });
  expect((await claimOne()).taskId).toBe(urgent);
});

test("a worker whose lease lapsed loses its task to the next one and can write nothing more", async () => {
  await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const lost = await claimOne();
  expect(await leaseLeftMs(db, lost)).toBeGreaterThan(0);
  await using _clock = await advanceClock(db, leaseMs + 1_000);
  expect(await leaseLeftMs(db, lost)).toBe(0);
  expect(await db.transaction((tx) => lockRun(tx, lost))).toBeNull();

  expect(await sweepQueue(ctx)).toMatchObject({ lostTasks: 1 });
  const next = await claimOne();
  expect(next).toMatchObject({ taskId: lost.taskId, lostCount: 1, attemptCount: 1, fence: lost.fence + 1 });
  expect(await endRun(ctx, lost, { kind: "completed", reason: "reviewed" })).toBeNull();
  expect((await getTask(lost.taskId)).status).toBe("running");
});

test("a task lost twice waits for one process to be idle; others go on with what is behind it", async () => {
  const suspect = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  for (let i = 0; i < 2; i++) {
    const run = await claimOne();
    await deleteWorker(db, run.workerId);
    await sweepQueue(ctx);
  }
  const behind = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const reserving = await insertWorker(db, { role: "dispatcher", leaseMs });
  const claim = async (isIdle: boolean) =>
    (await claimTasks(db, { workerId: reserving, limit: 100, isIdle })).map(({ taskId }) => taskId);
  expect(await claim(false)).toEqual([]);
  expect((await claimAll(false)).map(({ taskId }) => taskId)).toEqual([behind]);
  expect(await claim(true)).toEqual([suspect]);
});

test("when the process that reserved a task lost twice is gone, another one takes it", async () => {
  const suspect = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  await db.execute(sql`update tasks set lost_count = 2`);
  expect(await claimAll(false)).toEqual([]);
  await using _clock = await advanceClock(db, leaseMs + 1_000);
  expect((await claimAll(true)).map(({ taskId }) => taskId)).toEqual([suspect]);
});

test("what was published whole is completed, also when a stop came too late to matter", async () => {
  const id = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const run = await claimOne();
  expect(await cancelTask(ctx, id)).toBe("stopping");
  expect(await endRun(ctx, run, { kind: "completed", reason: "reviewed" })).toBe("completed");
  expect(await getTask(id)).toMatchObject({ status: "completed", reason: "reviewed", stopRequested: null });
});

test("a worker whose lease lapsed settles nothing, also before anybody has noticed", async () => {
  const id = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const run = await claimOne();
  await using _clock = await advanceClock(db, leaseMs + 1_000);
  expect(await endRun(ctx, run, { kind: "completed", reason: "reviewed" })).toBeNull();
  expect(await endRun(ctx, run, { kind: "failed", reason: "internal_error", error: "late" })).toBeNull();
  expect(await getTask(id)).toMatchObject({ status: "running", fence: run.fence });
});

test("who stands still with the queue's locks held loses them sooner than a lease ends", async () => {
  const { pullRequestId } = await seedPullRequest(db, await seedOwner(db));
  const setting = sql`select extract(epoch from setting::interval) as seconds
    from current_setting('idle_in_transaction_session_timeout') as setting`;
  const [row] = await db.transaction(async (tx) => {
    await lockPlaces(tx, { pullRequestIds: [pullRequestId] });
    return await tx.execute<{ seconds: string }>(setting);
  });
  expect(Number(row?.seconds)).toBe(10);
  expect(Number((await db.execute<{ seconds: string }>(setting))[0]?.seconds)).toBe(0);
});

test("a task handed back keeps its seat and its turn", async () => {
  const ownerId = await seedOwner(db, 1);
  const id = await enqueue(await seedPullRequest(db, ownerId));
  await enqueue(await seedPullRequest(db, ownerId), { priority: -10 });
  const { rank } = await getTask(id);
  await endRun(ctx, await claimOne(), { kind: "released" });
  expect(await getTask(id)).toMatchObject({ placement: "ready", rank, attemptCount: 0 });
});

test("a task handed back whose owner may run less by now gives its seat up and waits", async () => {
  const ownerId = await seedOwner(db, 2);
  const ids = [
    await enqueue(await seedPullRequest(db, ownerId)),
    await enqueue(await seedPullRequest(db, ownerId)),
  ];
  const runs = await claimAll();
  await changeCapacity(db, ownerId, { maxRunning: 1, weight: 1 });
  for (const run of runs) await endRun(ctx, run, { kind: "released" });
  const placements = await Promise.all(ids.map(async (id) => (await getTask(id)).placement));
  expect(placements.sort()).toEqual(["ready", "waiting"]);
});

test("seats follow the cap while tasks run: raised at once, lowered as they end", async () => {
  const ownerId = await seedOwner(db, 1);
  for (let i = 0; i < 6; i++) await enqueue(await seedPullRequest(db, ownerId));
  const first = await claimAll();
  await changeCapacity(db, ownerId, { maxRunning: 3, weight: 1 });
  const more = await claimAll();
  expect([first.length, more.length]).toEqual([1, 2]);
  await changeCapacity(db, ownerId, { maxRunning: 1, weight: 1 });
  for (const run of [...first, ...more.slice(1)]) {
    expect(await claimAll()).toEqual([]);
    await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
  }
  expect(await claimAll()).toEqual([]);
  for (const run of more.slice(0, 1)) await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
  expect(await claimAll()).toHaveLength(1);
});

test("who queues a task when the last one ended takes turns with who has a backlog", async () => {
  const busy = await seedOwner(db, 4);
  for (let i = 0; i < 60; i++) await enqueue(await seedPullRequest(db, busy));
  const steady = await seedPullRequest(db, await seedOwner(db, 4));
  await enqueue(steady);
  const turns = await takeTurns(60, async (run) => {
    if (run.ownerId === steady.ownerId) await enqueue(steady);
  });
  expect(Math.abs((turns.get(busy) ?? 0) - 30)).toBeLessThanOrEqual(4);
});

test("tasks of one pull request take turns with other owners', however much their owner may run", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db, 50));
  const other = await seedOwner(db, 1);
  for (let i = 0; i < 40; i++) await enqueue(pullRequest);
  for (let i = 0; i < 40; i++) await enqueue(await seedPullRequest(db, other));
  const turns = await takeTurns(40, async () => {});
  expect(Math.abs((turns.get(other) ?? 0) - 20)).toBeLessThanOrEqual(2);
});

test("of a lowered cap, tasks that have not begun wait again, the last in turn first", async () => {
  const ownerId = await seedOwner(db, 4);
  const first = await enqueue(await seedPullRequest(db, ownerId));
  for (let i = 0; i < 5; i++) await enqueue(await seedPullRequest(db, ownerId));
  await changeCapacity(db, ownerId, { maxRunning: 1, weight: 1 });
  expect((await claimAll()).map(({ taskId }) => taskId)).toEqual([first]);
  await changeCapacity(db, ownerId, { maxRunning: 0, weight: 1 });
  expect(await claimAll()).toEqual([]);
});

test("one lost task that cannot be put back keeps no other from it", async () => {
  const stuck = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  const other = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  for (const run of await claimAll()) await deleteWorker(db, run.workerId);
  await db.execute(
    sql.raw(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
    create trigger refuse before update on tasks for each row when (old.id = '${stuck}') execute function refuse()`),
  );
  expect(await sweepQueue(ctx)).toMatchObject({ lostTasks: 1 });
  expect((await claimAll()).map(({ taskId }) => taskId)).toEqual([other]);
  await db.execute(sql`drop function refuse cascade`);
});

test("owners take turns by weight", async () => {
  const weights = [1, 2, 4];
  const ownerIds: string[] = [];
  for (const weight of weights) {
    const ownerId = await seedOwner(db, 4);
    await changeCapacity(db, ownerId, { maxRunning: 4, weight });
    for (let i = 0; i < 40; i++) await enqueue(await seedPullRequest(db, ownerId));
    ownerIds.push(ownerId);
  }
  const counts = await takeTurns(63, async () => {});
  const shares = ownerIds.map((id) => counts.get(id) ?? 0);
  for (const [index, weight] of weights.entries()) {
    expect(Math.abs((shares[index] ?? 0) - 9 * weight)).toBeLessThanOrEqual(3);
  }
});

test("a failed attempt comes due by the database's clock", async () => {
  const id = await enqueue(await seedPullRequest(db, await seedOwner(db)));
  await endRun(ctx, await claimOne(), { kind: "retry", reason: "retry", error: "502" });
  expect((await getTask(id)).placement).toBe("delayed");
  expect(await sweepQueue(ctx)).toMatchObject({ dueTasks: 0 });
  await using _clock = await advanceClock(db, 60_000);
  expect(await sweepQueue(ctx)).toMatchObject({ dueTasks: 1 });
  expect((await claimOne()).attemptCount).toBe(2);
});

test("cancelling ends a pending task, stops a running one, and does nothing the second time", async () => {
  const ownerId = await seedOwner(db, 1);
  const first = await enqueue(await seedPullRequest(db, ownerId));
  const second = await enqueue(await seedPullRequest(db, ownerId));
  const run = await claimOne();
  expect(await cancelTask(ctx, second)).toBe("cancelled");
  expect(await cancelTask(ctx, second)).toBe("cancelled");
  expect(await cancelTask(ctx, first)).toBe("stopping");
  expect(await db.transaction((tx) => lockRun(tx, run))).toEqual({ stopRequested: "requested" });
  expect(await endRun(ctx, run, { kind: "retry", reason: "retry", error: "aborted" })).toBe("cancelled");
  expect(await cancelTask(ctx, Bun.randomUUIDv7())).toBeNull();
});

test("what a person cancelled is not resumed when the head that replaced it is gone again", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const id = await enqueue(pullRequest, { trigger: "webhook" });
  await claimOne();
  const stop = { pullRequestIds: [pullRequest.pullRequestId], automaticOnly: true };
  await db.transaction((tx) =>
    stopTasks(tx, { ...stop, reason: "new_head", keep: { headSha: "c".repeat(40) } }),
  );
  expect(await cancelTask(ctx, id)).toBe("stopping");
  await db.transaction((tx) => stopTasks(tx, { ...stop, reason: "closed" }));
  expect(await db.transaction((tx) => withdrawStop(tx, id))).toBe(false);
  expect((await getTask(id)).stopRequested).toBe("requested");
});

test("a push stops what is unfinished for older heads and leaves manual tasks alone", async () => {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const older = await enqueue(pullRequest, { trigger: "webhook", headSha: "1".repeat(40) });
  const manual = await enqueue(pullRequest, { trigger: "manual", headSha: "1".repeat(40) });
  const stopped = await db.transaction((tx) =>
    stopTasks(tx, {
      pullRequestIds: [pullRequest.pullRequestId],
      reason: "new_head",
      keep: { headSha: "2".repeat(40), baseRef: "main" },
      automaticOnly: true,
    }),
  );
  expect(stopped).toEqual([older]);
  expect(await getTask(older)).toMatchObject({ status: "superseded", reason: "new_head" });
  expect(await getTask(manual)).toMatchObject({ status: "pending", placement: "ready" });
});

test("stops and settlements from many connections at once break no seat and deadlock nobody", async () => {
  const ownerIds = [await seedOwner(db, 1), await seedOwner(db, 2)];
  const pullRequests = await Promise.all(
    ownerIds.flatMap((id) => [seedPullRequest(db, id), seedPullRequest(db, id)]),
  );
  const work = async (round: number) => {
    const pullRequest = pullRequests[round % pullRequests.length];
    const ownerId = ownerIds[round % 3 === 0 ? 1 : 0];
    if (!pullRequest || !ownerId) throw new Error("unreachable");
    await enqueue({ ...pullRequest, ownerId });
    for (const run of await claimAll(false)) {
      await endRun(ctx, run, round % 2 ? { kind: "released" } : { kind: "completed", reason: "reviewed" });
    }
    if (round % 5 === 0) {
      await db.transaction((tx) =>
        stopTasks(tx, {
          pullRequestIds: pullRequests.map((p) => p.pullRequestId),
          reason: "suspended",
          automaticOnly: false,
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 60 }, (_, round) => work(round)));
  expect(await findBrokenSeats(db)).toEqual([]);
});
