/** Puts back what a process runs and will not end, all of it in one transaction: it has little time left. */
import { type ClaimedTask, releaseRuns } from "../../adapters/postgres/runs.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { settleTask } from "./settle-task.ts";

/** @param runs of this worker; what it does not run any more is left as it is */
export async function handBackRuns(
  ctx: Context,
  workerId: string,
  runs: readonly ClaimedTask[],
): Promise<void> {
  if (runs.length === 0) return;
  const released = new Set(await inTransaction(ctx.db, (tx) => releaseRuns(tx, workerId, runs)));
  ctx.log.info({ tasks: released.size }, "handed back");
  // What shall stop ends, each its own way.
  const others = runs.filter(({ taskId }) => !released.has(taskId));
  await Promise.all(others.map((run) => settleTask(ctx, run, { kind: "released" })));
}
