/** The queue one task at a time, for tests: the product settles and claims many in one call. */
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { type ClaimedTask, exchangeRuns, type Run } from "../../src/adapters/postgres/runs.ts";
import type { TaskStatus } from "../../src/adapters/postgres/tasks.ts";
import type { Context } from "../../src/context.ts";
import { settleTask } from "../../src/domain/task/settle-task.ts";
import type { RunOutcome } from "../../src/domain/task/settlement.ts";

export async function claimTasks(
  db: Db,
  claim: { readonly workerId: string; readonly limit: number; readonly isIdle: boolean },
): Promise<readonly ClaimedTask[]> {
  const { claimed } = await exchangeRuns(db, { ...claim, completed: [], fromRank: 0 });
  return claimed;
}

/** The task's new status; null when the fence or the lease was lost. */
export async function endRun(ctx: Context, run: Run, outcome: RunOutcome): Promise<TaskStatus | null> {
  if (outcome.kind !== "completed") return await settleTask(ctx, run, outcome);
  const completed = [{ ...run, reason: outcome.reason }];
  const nothing = { limit: 0, isIdle: false, fromRank: 0 };
  const { settled } = await exchangeRuns(ctx.db, { workerId: run.workerId, completed, ...nothing });
  return settled.length > 0 ? "completed" : null;
}
