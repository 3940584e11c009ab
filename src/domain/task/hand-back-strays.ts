/** Puts back what was claimed for this process without its knowing: the claim was made, its answer never came. */
import { findRunsOf } from "../../adapters/postgres/runs.ts";
import type { Context } from "../../context.ts";
import { settleTask } from "./settle-task.ts";

/**
 * While the worker lives nobody else looks for its tasks, so one that it does not know of would run for ever. Must not
 * be called while a claim is under way.
 */
export async function handBackStrays(
  ctx: Context,
  strays: { readonly workerId: string; readonly isKnown: (taskId: string) => boolean },
): Promise<void> {
  for (const run of await findRunsOf(ctx.db, strays.workerId)) {
    if (strays.isKnown(run.taskId)) continue;
    const status = await settleTask(ctx, run, { kind: "released" });
    ctx.log.warn({ taskId: run.taskId, status }, "claimed, but the answer was lost: handed back");
  }
}
