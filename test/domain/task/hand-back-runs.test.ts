import { afterAll, afterEach, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { ClaimedTask } from "../../../src/adapters/postgres/runs.ts";
import { changeCapacity, findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { deleteWorker, insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { handBackRuns } from "../../../src/domain/task/hand-back-runs.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
import { claimTasks } from "../../support/queue.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const ctx = { db, log: createLog("silent", {}) };

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await db.execute(sql`delete from tasks`);
  await db.execute(sql`update owners set seats_in_use = 0`);
});
afterAll(() => database.close());

async function claim(ownerId: string, count: number) {
  for (let queued = 0; queued < count; queued++) {
    await insertTask(db, newTask(await seedPullRequest(db, ownerId)));
  }
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
  const runs = await claimTasks(db, { workerId, limit: count, isIdle: true });
  expect(runs).toHaveLength(count);
  return { workerId, runs };
}

async function rows() {
  return await db.execute(sql`
    select status, placement, reason, attempt_count, lost_count, worker_id from tasks order by rank, id`);
}

const ready = {
  status: "pending",
  placement: "ready",
  reason: "released",
  attempt_count: 0,
  lost_count: 0,
  worker_id: null,
};

test("what was claimed is as before the claim, and its run is recorded", async () => {
  const { workerId, runs } = await claim(await seedOwner(db), 3);
  await handBackRuns(ctx, workerId, runs);
  expect([...(await rows())]).toEqual([ready, ready, ready]);
  const attempts = await db.execute(sql`select number, fence::int, worker_id, outcome from attempts`);
  expect([...attempts]).toEqual(
    runs.map(() => ({ number: 1, fence: 1, worker_id: workerId, outcome: "released" })),
  );
  const other = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
  const again = await claimTasks(db, { workerId: other, limit: 10, isIdle: true });
  expect(again.map(({ taskId }) => taskId)).toEqual(runs.map(({ taskId }) => taskId));
});

test("an owner whose capacity was lowered meanwhile keeps no more seats than that", async () => {
  const ownerId = await seedOwner(db, 4);
  const { workerId, runs } = await claim(ownerId, 4);
  await changeCapacity(db, ownerId, { maxRunning: 1, weight: 1 });
  await handBackRuns(ctx, workerId, runs);
  const waiting = { ...ready, placement: "waiting" };
  expect([...(await rows())]).toEqual([ready, waiting, waiting, waiting]);
});

test("what shall stop ends, and what is another's by now is left to it", async () => {
  const { workerId, runs } = await claim(await seedOwner(db, 4), 3);
  const [kept, cancelled, taken] = runs as [ClaimedTask, ClaimedTask, ClaimedTask];
  await cancelTask(ctx, cancelled.taskId);
  await handBackRuns(ctx, workerId, [kept, cancelled, { ...taken, fence: taken.fence + 1 }]);
  const states = (await rows()).map(({ status }) => status);
  expect(states.sort()).toEqual(["cancelled", "pending", "running"]);
});

test("a worker that lost its lease hands nothing back", async () => {
  const { workerId, runs } = await claim(await seedOwner(db), 2);
  await deleteWorker(db, workerId);
  await handBackRuns(ctx, workerId, runs);
  expect((await rows()).map(({ status }) => status)).toEqual(["running", "running"]);
});
