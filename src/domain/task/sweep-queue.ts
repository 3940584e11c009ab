/** What keeps the queue moving without anybody's event: dead workers' tasks go back, delayed ones come due. */

import pLimit from "p-limit";
import { findLostRuns, type Run } from "../../adapters/postgres/runs.ts";
import { placeDueTasks } from "../../adapters/postgres/seats.ts";
import { deleteExpiredWorkers } from "../../adapters/postgres/workers.ts";
import type { Context } from "../../context.ts";
import { settleTask } from "./settle-task.ts";

/** Tasks looked at in one pass, so that a pass stays short; the next one goes on. */
const batchSize = 100;
const ownersAtOnce = 4;

export interface QueueSweep {
  readonly expiredWorkers: number;
  readonly lostTasks: number;
  readonly dueTasks: number;
}

/** One pass; any number of processes may do it at the same time. */
export async function sweepQueue(ctx: Context): Promise<QueueSweep> {
  const expiredWorkers = await deleteExpiredWorkers(ctx.db);
  const lostTasks = await settleLostRuns(ctx);
  return { expiredWorkers, lostTasks, dueTasks: await placeDueTasks(ctx.db, batchSize) };
}

/** Several owners at a time, so that a lock that is held on one of them keeps nobody else's tasks from going back. */
async function settleLostRuns(ctx: Context): Promise<number> {
  const byOwner = Map.groupBy(await findLostRuns(ctx.db, batchSize), ({ ownerId }) => ownerId);
  const limit = pLimit(ownersAtOnce);
  const counts = await limit.map([...byOwner.values()], async (runs) => {
    let lostTasks = 0;
    for (const run of runs) if (await settleLostRun(ctx, run)) lostTasks++;
    return lostTasks;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The boundary of one task: one that cannot be settled keeps no other from going back. */
async function settleLostRun(ctx: Context, run: Run): Promise<boolean> {
  const { taskId, workerId } = run;
  try {
    const status = await settleTask(ctx, run, { kind: "lost" });
    if (status === null) return false;
    ctx.log.warn({ taskId, workerId, status }, "the process running this task is gone");
    return true;
  } catch (error) {
    ctx.log.error({ taskId, workerId, err: error }, "a lost task was not put back, will try again");
    return false;
  }
}
