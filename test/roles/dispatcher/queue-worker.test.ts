import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import type { ClaimedTask } from "../../../src/adapters/postgres/runs.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import type { RunOutcome } from "../../../src/domain/task/settlement.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { createLog } from "../../../src/log.ts";
import { type QueueWorker, runQueueWorker } from "../../../src/roles/dispatcher/queue-worker.ts";
import { endsWithin } from "../../../src/stopping.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createDatabaseDoor, type DatabaseDoor } from "../../support/database-door.ts";
import { eventually } from "../../support/eventually.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const log = createLog(process.env.TEST_LOG_LEVEL === "debug" ? "debug" : "silent", {});
const ownerId = await seedOwner(db, 50);
const leaseMs = 60_000;
const closeMs = 500;
/** Longer than any test. */
const longMs = 600_000;

const completed: RunOutcome = { kind: "completed", reason: "reviewed" };
const retried: RunOutcome = { kind: "retry", reason: "retry", error: "GitHub is down" };
const handedBack = { status: "pending", reason: "released", attempt_count: 0, lost_count: 0 };

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await db.execute(sql`delete from tasks`);
  await db.execute(sql`delete from workers`);
  await db.execute(sql`update owners set seats_in_use = 0`);
});
afterAll(() => database.close());

interface Started {
  readonly task: ClaimedTask;
  readonly signal: AbortSignal;
  readonly end: (outcome: RunOutcome) => void;
  /** Ends as most things do that are aborted. */
  readonly heed: () => void;
}

/** A process whose runs end when the test says so, and heed no abort by themselves. */
function startWorker(options: Partial<QueueWorker> & { readonly url?: string } = {}) {
  const { url = database.url, ...worker } = options;
  const own = connect(url, "reviewd test worker", 10);
  const started: Started[] = [];
  const stopping = new AbortController();
  const execute = (task: ClaimedTask, { signal }: { readonly signal: AbortSignal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<RunOutcome>();
    const heed = () => {
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener("abort", () => reject(signal.reason));
    };
    started.push({ task, signal, end: resolve, heed });
    return promise;
  };
  const ended = runQueueWorker({
    db: own.db,
    databaseUrl: url,
    listenUrl: database.url,
    log,
    concurrency: 4,
    leaseMs,
    graceMs: longMs,
    execute,
    signal: stopping.signal,
    ...worker,
  });
  const startedOnce = (taskId: string) =>
    eventually(() => {
      const run = started.find(({ task }) => task.taskId === taskId);
      if (!run) throw new Error(`${taskId} was not started`);
      return run;
    });
  const dispose = async () => {
    stopping.abort();
    for (const { end } of started) end(completed);
    await ended;
    // The driver waits in vain for connections that were cut.
    await endsWithin(closeMs, own.close());
  };
  return { started, startedOnce, stopping, ended, [Symbol.asyncDispose]: dispose };
}

async function enqueue(): Promise<string> {
  return (await insertTask(db, newTask(await seedPullRequest(db, ownerId)))).id;
}

async function rowOf(taskId: string): Promise<Record<string, unknown>> {
  const [row] = await db.execute(sql`
    select status, placement, reason, attempt_count, lost_count, fence::int as fence, worker_id from tasks where id = ${taskId}`);
  return row ?? {};
}

async function expectRow(taskId: string, row: object): Promise<void> {
  await eventually(async () => expect(await rowOf(taskId)).toMatchObject(row));
}

/** How each attempt ended, in order. */
async function attemptsOf(taskId: string): Promise<readonly string[]> {
  const rows = await db.execute<{ outcome: string }>(
    sql`select outcome from attempts where task_id = ${taskId} order by fence`,
  );
  return rows.map(({ outcome }) => outcome);
}

async function countWorkers(): Promise<number> {
  return (await db.execute(sql`select from workers`)).length;
}

describe("waking up", () => {
  test("a notification is heard: tasks one after the other wait for no poll", async () => {
    await using worker = startWorker();
    // By polling alone these would take about a second each, longer than the test may.
    for (let count = 0; count < 60; count++) {
      const taskId = await enqueue();
      (await worker.startedOnce(taskId)).end(completed);
      await expectRow(taskId, { status: "completed" });
    }
  });

  test("without LISTEN the polls find what there is", async () => {
    await using worker = startWorker({ listenUrl: null });
    const taskId = await enqueue();
    (await worker.startedOnce(taskId)).end(completed);
    await expectRow(taskId, { status: "completed" });
  });
});

describe("stopping", () => {
  test("what runs ends within the grace, and nothing more is claimed", async () => {
    await using worker = startWorker({ concurrency: 2 });
    const running = [await enqueue(), await enqueue()];
    for (const taskId of running) await worker.startedOnce(taskId);
    const waiting = await enqueue();
    worker.stopping.abort();
    for (const { end, signal } of worker.started) {
      expect(signal.aborted).toBe(false);
      end(completed);
    }
    await worker.ended;
    for (const taskId of running)
      expect(await rowOf(taskId)).toMatchObject({ status: "completed", fence: 1 });
    expect(await rowOf(waiting)).toMatchObject({ placement: "ready", fence: 0 });
    expect(await countWorkers()).toBe(0);
  });

  test("after the grace runs are aborted, what they wait for is cut off, and their tasks go back", async () => {
    let abortedWhenCut: boolean[] = [];
    const worker = startWorker({
      graceMs: 0,
      onGraceOver: () => {
        abortedWhenCut = worker.started.map(({ signal }) => signal.aborted);
      },
    });
    await using _worker = worker;
    const taskIds = [await enqueue(), await enqueue()];
    for (const taskId of taskIds) (await worker.startedOnce(taskId)).heed();
    worker.stopping.abort();
    await worker.ended;
    expect(abortedWhenCut).toEqual([true, true]);
    for (const taskId of taskIds) {
      expect(await rowOf(taskId)).toMatchObject(handedBack);
      expect(await attemptsOf(taskId)).toEqual(["released"]);
    }
    expect(await countWorkers()).toBe(0);
  });

  test.each([
    ["completed", completed],
    ["failed for now", retried],
  ])(
    "runs that ignore it lose their tasks all the same, and their late ends change nothing: %s",
    async (_, late) => {
      await using worker = startWorker({ graceMs: 0, concurrency: 10 });
      const taskIds: string[] = [];
      for (let count = 0; count < 10; count++) taskIds.push(await enqueue());
      for (const taskId of taskIds) await worker.startedOnce(taskId);
      worker.stopping.abort();
      await worker.ended;
      for (const taskId of taskIds) expect(await rowOf(taskId)).toMatchObject(handedBack);

      await using next = startWorker({ concurrency: 10 });
      for (const taskId of taskIds) await next.startedOnce(taskId);
      for (const { end } of worker.started) end(late);
      for (const taskId of taskIds) {
        expect(await rowOf(taskId)).toMatchObject({ status: "running", fence: 2 });
        (await next.startedOnce(taskId)).end(completed);
        await expectRow(taskId, { status: "completed", attempt_count: 1, lost_count: 0 });
        expect(await attemptsOf(taskId)).toEqual(["released", "completed"]);
      }
    },
  );

  test("what completes at the last moment is settled", async () => {
    await using worker = startWorker({
      graceMs: 0,
      onGraceOver: () => {
        for (const { end } of worker.started) end(completed);
      },
    });
    const taskIds = [await enqueue(), await enqueue()];
    for (const taskId of taskIds) await worker.startedOnce(taskId);
    worker.stopping.abort();
    await worker.ended;
    for (const taskId of taskIds)
      expect(await rowOf(taskId)).toMatchObject({ status: "completed", fence: 1 });
  });
});

describe("stopping while a claim is under way", () => {
  /** A worker whose claim was made and whose answer is held up until the grace is over. */
  async function claimUnanswered(graceMs: number) {
    await using cleanup = new AsyncDisposableStack();
    const door = cleanup.use(await createDatabaseDoor(database.url));
    const taskId = await enqueue();
    const unlock = await lockTasks();
    const worker = cleanup.use(startWorker({ url: door.url, graceMs, onGraceOver: door.letGo }));
    await eventually(async () => expect(await countWaiting("%exchange_runs%")).toBe(1));
    door.hold("answers");
    await unlock();
    await expectRow(taskId, { status: "running" });
    const all = cleanup.move();
    return { door, worker, taskId, [Symbol.asyncDispose]: () => all.disposeAsync() };
  }

  /** Nobody claims until the lock is let go. */
  async function lockTasks(): Promise<() => Promise<void>> {
    const locked = Promise.withResolvers<void>();
    const unlocked = Promise.withResolvers<void>();
    const locking = db.transaction(async (tx) => {
      await tx.execute(sql`lock table tasks`);
      locked.resolve();
      await unlocked.promise;
    });
    await locked.promise;
    return async () => {
      unlocked.resolve();
      await locking;
    };
  }

  async function countWaiting(query: string): Promise<number> {
    const waiting = await db.execute(sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like ${query}`);
    return waiting.length;
  }

  test("what it brings is run within the grace", async () => {
    await using claim = await claimUnanswered(longMs);
    const { door, worker, taskId } = claim;
    worker.stopping.abort();
    door.letGo();
    (await worker.startedOnce(taskId)).end(completed);
    await worker.ended;
    expect(await rowOf(taskId)).toMatchObject({ status: "completed", fence: 1 });
    expect(await countWorkers()).toBe(0);
  });

  test("what it brings after the grace is not begun", async () => {
    await using claim = await claimUnanswered(0);
    const { worker, taskId } = claim;
    worker.stopping.abort();
    await worker.ended;
    expect(worker.started).toEqual([]);
    expect(await rowOf(taskId)).toMatchObject(handedBack);
  });

  test("what it took is handed back when its answer is lost", async () => {
    await using claim = await claimUnanswered(longMs);
    const { door, worker, taskId } = claim;
    worker.stopping.abort();
    door.cut();
    door.letGo();
    await worker.ended;
    expect(await rowOf(taskId)).toMatchObject(handedBack);
    expect(await countWorkers()).toBe(0);
  });
});

describe("a database that is away", () => {
  test("what ends meanwhile is settled when it is back", async () => {
    await using door = await createDatabaseDoor(database.url);
    await using worker = startWorker({ url: door.url });
    const done = await enqueue();
    const failing = await enqueue();
    const [first, second] = [await worker.startedOnce(done), await worker.startedOnce(failing)];
    await door.shut();
    first.end(completed);
    second.end(retried);
    await door.open();
    await expectRow(done, { status: "completed", fence: 1 });
    await expectRow(failing, { status: "pending", placement: "delayed", attempt_count: 1 });
  });

  const faults = {
    "refuses every connection": (door: DatabaseDoor) => door.shut(),
    "hears nothing any more": (door: DatabaseDoor) => door.hold("questions"),
    "is not heard any more": (door: DatabaseDoor) => door.hold("answers"),
  } as const;
  for (const [name, befall] of Object.entries(faults)) {
    test(`stops no process from ending, and no task is lost: it ${name}`, async () => {
      const door = await createDatabaseDoor(database.url);
      const worker = startWorker({ url: door.url, listenUrl: door.url, graceMs: 0 });
      const taskIds = [await enqueue(), await enqueue(), await enqueue()];
      for (const taskId of taskIds) await worker.startedOnce(taskId);
      await befall(door);
      worker.stopping.abort();
      const [done, heeding] = worker.started;
      done?.end(completed);
      heeding?.heed();
      // Nothing but itself makes it end.
      await worker.ended;
      await door[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();

      await using _clock = await advanceClock(db, leaseMs + 1_000);
      await using _next = startWorker({ execute: async () => completed });
      for (const taskId of taskIds) await expectRow(taskId, { status: "completed", attempt_count: 1 });
    });
  }
});

describe("a lease that is gone", () => {
  test("its runs are aborted, their late ends change nothing, and the process goes on under a new one", async () => {
    await using worker = startWorker();
    const taskId = await enqueue();
    const lost = await worker.startedOnce(taskId);
    await db.execute(sql`delete from workers`);
    // Its own sweep finds the task, and it is as good as any to run it.
    const again = await eventually(() => {
      const run = worker.started[1];
      if (!run) throw new Error("not started again");
      return run;
    });
    expect([lost.signal.aborted, lost.signal.reason]).toEqual([true, "lost"]);
    expect(again.task).toMatchObject({ taskId, fence: 2, attemptCount: 1, lostCount: 1 });
    expect(again.task.workerId).not.toBe(lost.task.workerId);
    lost.end(completed);
    const other = await enqueue();
    (await worker.startedOnce(other)).end(completed);
    await expectRow(other, { status: "completed" });
    expect(await rowOf(taskId)).toMatchObject({ status: "running", worker_id: again.task.workerId });
    again.end(completed);
    await expectRow(taskId, { status: "completed", attempt_count: 1 });
    expect(await attemptsOf(taskId)).toEqual(["worker_lost", "completed"]);
  });
});

test("a task that is cancelled has its run aborted, and ends", async () => {
  await using worker = startWorker();
  const taskId = await enqueue();
  const run = await worker.startedOnce(taskId);
  run.heed();
  expect(await cancelTask({ db, log }, taskId)).toBe("stopping");
  await expectRow(taskId, { status: "cancelled", reason: "requested" });
  expect(run.signal.reason).toBe("stopped");
});
