/**
 * Ends a run that did not complete: the task's transition, its attempt and the closing of its check, in one fenced
 * transaction. What completed is settled by exchangeRuns, many at a time.
 */
import { insertAttempt } from "../../adapters/postgres/attempts.ts";
import { lockRunToSettle, type Run } from "../../adapters/postgres/runs.ts";
import { moveTask, type TaskStatus } from "../../adapters/postgres/tasks.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { intendCheckClosure } from "../review/intend-check-closure.ts";
import { decideSettlement, type UnfinishedOutcome } from "./settlement.ts";

/**
 * @param outcome `lost` is said by whoever speaks for a worker that is gone; anything else by the worker itself
 * @returns the task's new status; null when the fence or the lease was lost and nothing was changed
 */
export async function settleTask(
  { db }: Context,
  run: Run,
  outcome: UnfinishedOutcome,
): Promise<TaskStatus | null> {
  return await inTransaction(db, async (tx) => {
    const task = await lockRunToSettle(tx, run, outcome.kind === "lost" ? "sweeper" : "worker");
    if (!task) return null;
    const { attempt, ...settlement } = decideSettlement(task, outcome, Math.random());
    const { transition, error } = settlement;
    await insertAttempt(tx, task.id, { outcome: attempt, error });
    await moveTask(tx, task, settlement);
    if (transition.to !== "pending") {
      await intendCheckClosure(tx, { taskId: task.id, status: transition.to, reason: transition.reason });
    }
    return transition.to;
  });
}
