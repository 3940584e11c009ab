/** Whether a pull request is still what its task was made for, read from the forge itself: events can be late or lost. */
import type { PullRequest, PullRequestFacts } from "../../adapters/forge/forge.ts";
import type { ClaimedTask } from "../../adapters/postgres/runs.ts";
import { requestStop, type StopReason } from "../../adapters/postgres/tasks.ts";
import { RunEnded } from "./run-ended.ts";
import { inGoingRun, type ReviewRun } from "./writer.ts";

/**
 * Ends the run when its pull request is closed or has moved on. The task for a newer head is not made here: that
 * head's webhook makes it, or the syncer's sweep when the webhook is lost.
 * @throws RunEnded; ReviewdError as Forge.getPullRequest does
 */
export async function requireCurrentHead(run: ReviewRun): Promise<PullRequest> {
  const { ctx, repository, place, task } = run;
  const facts = await ctx.forge.getPullRequest(repository, place.number);
  const reason = judgeHead(task, facts);
  if (reason === null) return facts;
  ctx.log.info(
    { reason, headSha: facts.headSha },
    "the pull request is not what the task was made for any more",
  );
  // Recorded as if the event had come, so that the task ends with the true reason.
  await inGoingRun(run, (tx) => requestStop(tx, task.taskId, reason));
  throw new RunEnded({ kind: "stopped" });
}

/** Null: go on. What a person asked for goes on with the commit it was asked for. */
export function judgeHead(
  task: Pick<ClaimedTask, "trigger" | "headSha" | "baseRef">,
  facts: Pick<PullRequestFacts, "state" | "headSha" | "baseRef">,
): StopReason | null {
  if (facts.state === "closed") return "closed";
  if (task.trigger !== "webhook" && task.trigger !== "sweep") return null;
  if (facts.headSha !== task.headSha) return "new_head";
  return facts.baseRef === task.baseRef ? null : "retargeted";
}
