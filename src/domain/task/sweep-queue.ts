/** What keeps the queue moving without anybody's event: dead workers' tasks go back, delayed ones come due. */

import { findLostRuns } from "../../adapters/postgres/runs.ts";
import { placeDueTasks } from "../../adapters/postgres/seats.ts";
import { deleteExpiredWorkers } from "../../adapters/postgres/workers.ts";
import type { Context } from "../../context.ts";
import { settleTask } from "./settle-task.ts";

/** Tasks looked at in one pass, so that a pass stays short; the next one goes on. */
const batchSize = 100;

export interface QueueSweep {
  readonly expiredWorkers: number;
  readonly lostTasks: number;
  readonly dueTasks: number;
}

/** One pass; any number of processes may do it at the same time. */
export async function sweepQueue(ctx: Context): Promise<QueueSweep> {
  const expiredWorkers = await deleteExpiredWorkers(ctx.db);
  let lostTasks = 0;
  for (const run of await findLostRuns(ctx.db, batchSize)) {
    const status = await settleTask(ctx, run, { kind: "lost" });
    if (status === null) continue;
    lostTasks++;
    ctx.log.warn(
      { taskId: run.taskId, workerId: run.workerId, status },
      "the process running this task is gone",
    );
  }
  return { expiredWorkers, lostTasks, dueTasks: await placeDueTasks(ctx.db, batchSize) };
}
