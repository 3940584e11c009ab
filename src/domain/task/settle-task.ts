/** Ends a run: the task's transition, its attempt and the closing of its check, in one fenced transaction. */
import { insertAttempt } from "../../adapters/postgres/attempts.ts";
import { lockRunToSettle, type Run } from "../../adapters/postgres/runs.ts";
import { moveTask, type TaskStatus } from "../../adapters/postgres/tasks.ts";
import type { Context } from "../../context.ts";
import { intendCheckClosure } from "../review/intend-check-closure.ts";
import { decideSettlement, type RunOutcome } from "./settlement.ts";

/**
 * @param outcome `lost` comes from the sweeper, too, which speaks for a worker that is gone
 * @returns the task's new status; null when the fence was lost and nothing was changed
 */
export async function settleTask({ db }: Context, run: Run, outcome: RunOutcome): Promise<TaskStatus | null> {
  return await db.transaction(async (tx) => {
    const task = await lockRunToSettle(tx, run);
    if (!task) return null;
    const { attempt, ...settlement } = decideSettlement(task, outcome, Math.random());
    const { transition, error } = settlement;
    await insertAttempt(tx, task, { outcome: attempt, error });
    // Whoever hands a task back does not claim it again itself, so the others must hear of it.
    await moveTask(tx, task, { ...settlement, wake: transition.to === "pending" });
    if (transition.to !== "pending" && transition.to !== "completed") {
      await intendCheckClosure(tx, { taskId: task.id, status: transition.to, reason: transition.reason });
    }
    return transition.to;
  });
}
