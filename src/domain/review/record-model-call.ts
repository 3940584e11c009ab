/**
 * Accounts for a call that a run made of a language model. Not under the run's fence: what was spent was spent, also by a
 * run that is not the task's any more. What was said is not kept here.
 */
import { insertModelCall } from "../../adapters/postgres/model-calls.ts";
import type { ClaimedTask } from "../../adapters/postgres/runs.ts";
import type { ModelCall } from "../../adapters/reviewer/model/model-call.ts";
import type { Context } from "../../context.ts";

export interface Spender {
  readonly ctx: Context;
  readonly task: Pick<ClaimedTask, "ownerId" | "taskId">;
}

export async function recordModelCall({ ctx, task }: Spender, call: ModelCall): Promise<void> {
  const { ownerId, taskId } = task;
  const { request: _request, response: _response, promptHash: _promptHash, ...told } = call;
  ctx.log.info({ call: told }, "model called");
  await insertModelCall(ctx.db, { ownerId, taskId, commandId: null, call });
}
