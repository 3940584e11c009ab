/** The real queue under test: a database with a few owners and pull requests, and what its clients know. */
import { sql } from "drizzle-orm";
import type { Db } from "../../../../src/adapters/postgres/connect.ts";
import { type ClaimedTask, exchangeRuns } from "../../../../src/adapters/postgres/runs.ts";
import { insertWorker } from "../../../../src/adapters/postgres/workers.ts";
import type { Context } from "../../../../src/context.ts";
import { createLog } from "../../../../src/log.ts";
import { endRun } from "../../../support/queue.ts";
import { type SeededPullRequest, seedOwner, seedPullRequest } from "../../../support/seed.ts";

/** The verbs a mutant may replace. */
export interface Queue {
  readonly exchangeRuns: typeof exchangeRuns;
  readonly endRun: typeof endRun;
}

export const realQueue: Queue = { exchangeRuns, endRun };

export interface World {
  readonly ctx: Context;
  readonly queue: Queue;
  readonly owners: readonly string[];
  readonly pullRequests: readonly SeededPullRequest[];
  /** The live process in each of some places. */
  readonly workerIds: string[];
  readonly taskIds: string[];
  /** Claimed and not settled by their process yet; the process may be gone. */
  readonly open: ClaimedTask[];
  readonly closed: ClaimedTask[];
  /** The most each owner was ever allowed to run at once. */
  readonly highestCaps: Map<string, number>;
}

export const leaseMs = 15_000;
export const caps = [1, 2, 4] as const;
const workerCount = 3;

export async function seedWorld(db: Db, queue: Queue = realQueue): Promise<World> {
  const owners: string[] = [];
  const pullRequests: SeededPullRequest[] = [];
  for (const cap of caps) {
    const ownerId = await seedOwner(db, cap);
    owners.push(ownerId);
    pullRequests.push(await seedPullRequest(db, ownerId), await seedPullRequest(db, ownerId));
  }
  const ctx = { db, log: createLog("silent", {}) };
  const nothing = { workerIds: [], taskIds: [], open: [], closed: [], highestCaps: new Map() };
  return { ctx, queue, owners, pullRequests, ...nothing };
}

/** The same owners and pull requests with an empty queue, first caps, the first time and new workers. */
export async function resetWorld(world: World): Promise<World> {
  const { db } = world.ctx;
  await db.execute(sql`delete from tasks`);
  await db.execute(sql`delete from workers`);
  await db.execute(sql`update clock set shift = '0'`);
  const highestCaps = new Map<string, number>();
  for (const [index, id] of world.owners.entries()) {
    const cap = caps[index % caps.length] ?? 1;
    await db.execute(sql`update owners set seats_in_use = 0, max_running = ${cap} where id = ${id}`);
    highestCaps.set(id, cap);
  }
  const workerIds: string[] = [];
  for (let i = 0; i < workerCount; i++) workerIds.push(await startWorker(db));
  return { ...world, workerIds, taskIds: [], open: [], closed: [], highestCaps };
}

export async function startWorker(db: Db): Promise<string> {
  return await insertWorker(db, { role: "dispatcher", leaseMs });
}

/** Stops time, which then only moves when it is told to: a schedule plays the same way each time. */
export async function freezeClock(db: Db): Promise<void> {
  await db.execute(sql`
    create or replace function reviewd_now() returns timestamptz language sql stable as
      $$ select timestamptz '2026-01-01T00:00:00Z' + (select shift from clock) $$`);
}
