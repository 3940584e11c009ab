import { afterAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { type ClaimedTask, claimTasks } from "../../../src/adapters/postgres/runs.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { createLog } from "../../../src/log.ts";
import { createClaims } from "../../../src/roles/dispatcher/claims.ts";
import { keepLease } from "../../../src/roles/dispatcher/lease.ts";
import { createTestDatabase } from "../../support/database.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const log = createLog("silent", {});

afterAll(() => database.close());

/** Starts nothing, only keeps what it was given. */
function collectRuns() {
  const started = new Map<string, ClaimedTask>();
  return {
    started,
    count: () => started.size,
    has: (taskId: string) => started.has(taskId),
    exclusive: () => false,
    start: (task: ClaimedTask) => void started.set(task.taskId, task),
  };
}

async function enqueue(ownerId: string): Promise<string> {
  const task = newTask(await seedPullRequest(db, ownerId));
  return (await db.transaction((tx) => insertTask(tx, task))).id;
}

test("what a claim took whose answer was lost is handed back and claimed anew; what runs goes on", async () => {
  const ownerId = await seedOwner(db);
  const leases = keepLease({ db, log, leaseMs: 60_000 });
  const runs = collectRuns();
  const claim = createClaims({ db, log }, { leases, runs, concurrency: 4 });
  const running = await enqueue(ownerId);
  await claim();

  const stray = await enqueue(ownerId);
  const { workerId } = await leases.get();
  expect(await claimTasks(db, { workerId, limit: 1, idle: false })).toHaveLength(1);
  await db.execute(sql`alter table tasks rename to tasks_away`);
  await expect(claim()).rejects.toThrow();
  await db.execute(sql`alter table tasks_away rename to tasks`);
  expect(runs.has(stray)).toBe(false);

  await claim();
  expect(runs.started.get(stray)).toMatchObject({ fence: 2, attemptCount: 1, lostCount: 0 });
  expect(runs.started.get(running)).toMatchObject({ fence: 1 });
  await leases.end();
});

test("no more is claimed than may run", async () => {
  const ownerId = await seedOwner(db);
  for (let i = 0; i < 3; i++) await enqueue(ownerId);
  const leases = keepLease({ db, log, leaseMs: 60_000 });
  const runs = collectRuns();
  const claim = createClaims({ db, log }, { leases, runs, concurrency: 2 });
  await claim();
  await claim();
  expect(runs.count()).toBe(2);
  await leases.end();
});
