/**
 * One attempt of one task, from the pull request's head to what is posted about it. Each step can be left at any
 * moment: what is done is in the database, and the next attempt goes on from there.
 */
import type { PullRequest } from "../../adapters/forge/forge.ts";
import {
  findPublication,
  getPublication,
  isOpen,
  type Publication,
} from "../../adapters/postgres/publications.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import type { ClaimedTask, CompletedRun } from "../../adapters/postgres/runs.ts";
import { ModelError } from "../../adapters/reviewer/model/model-client.ts";
import type { ReviewContext } from "../../context.ts";
import { withCorrelation } from "../../correlation.ts";
import { ReviewdError } from "../../errors.ts";
import { configureReview } from "../configuration/configure-review.ts";
import { requireOpenGate } from "../configuration/require-open-gate.ts";
import { recordingRun } from "../replay/record-run.ts";
import type { RunOutcome } from "../task/settlement.ts";
import { askReviewers } from "./ask-reviewers.ts";
import { awaitingAction } from "./await-action.ts";
import { checkWrite } from "./check-write.ts";
import { isEmpty } from "./coverage.ts";
import { requireCurrentHead } from "./current-head.ts";
import { freezeReview } from "./freeze-review.ts";
import { instruct } from "./instruct.ts";
import { openCheck } from "./open-check.ts";
import { publishReview } from "./publish-review.ts";
import { withPullRequest } from "./read-pull-request.ts";
import { RunEnded } from "./run-ended.ts";
import { publishSummary } from "./summary-write.ts";
import { writeOnce } from "./write-once.ts";
import { type ReviewRun, repositoryOf } from "./writer.ts";

/** A limit that says no time: GitHub asks for a minute at least. */
const budgetDelayMs = 60_000;

/**
 * Throws what the caller turns into an outcome: ReviewdError by its code, anything else as a bug, and the signal's
 * reason when it is aborted.
 */
export async function runReview(
  ctx: ReviewContext,
  task: ClaimedTask,
  signal: AbortSignal,
): Promise<RunOutcome> {
  try {
    return await withCorrelation({ taskId: task.taskId }, () => review(ctx, task, signal));
  } catch (error) {
    if (error instanceof RunEnded) return error.outcome;
    const byForge = error instanceof ReviewdError && !(error instanceof ModelError);
    if (!byForge || error.code !== "rate_limited") throw error;
    const delayMs = error.retryAfterMs ?? budgetDelayMs;
    return { kind: "retry", reason: "content_budget", error: error.message, delayMs };
  }
}

async function review(ctx: ReviewContext, task: ClaimedTask, signal: AbortSignal): Promise<RunOutcome> {
  const place = await getPullRequestPlace(ctx.db, task.pullRequestId);
  const run: ReviewRun = {
    ctx,
    place,
    repository: repositoryOf(ctx, place),
    signal,
    taskId: task.taskId,
    run: task,
    task,
  };
  return await awaitingAction(run, () => reviewAndPublish(ctx, run));
}

async function reviewAndPublish(ctx: ReviewContext, run: ReviewRun): Promise<RunOutcome> {
  const { task } = run;
  const facts = await requireCurrentHead(run);
  if ((await findPublication(ctx.db, task.taskId, "summary")) === null) {
    await showRunning(run);
    await findAndFreeze(ctx, run, facts);
    // The review may have taken minutes.
    await requireCurrentHead(run);
  }
  await publish(run);
  const summary = await getPublication(ctx.db, task.taskId, "summary");
  if (task.outputMode === "forge" && summary.state !== "posted") {
    throw new Error(`the summary of task ${task.taskId} is ${summary.state}: it was not posted`);
  }
  return { kind: "completed", reason: reasonOf(summary) };
}

function reasonOf({ payload }: Publication<"summary">): CompletedRun["reason"] {
  if (payload.facts.fallback !== null) return "model_fallback";
  return isEmpty(payload.coverage) ? "nothing_to_review" : "reviewed";
}

async function showRunning(run: ReviewRun): Promise<void> {
  const check = await openCheck(run);
  if (isOpen(check)) await writeOnce(run, checkWrite(run, check));
}

async function findAndFreeze(ctx: ReviewContext, run: ReviewRun, facts: PullRequest): Promise<void> {
  const { signal, task } = run;
  await withPullRequest(run, async ({ base, readDiff, readFile }) => {
    const configuration = await configureReview(ctx, task, { base, signal });
    await requireOpenGate(run, facts, configuration);
    const files = await readDiff();
    const { values } = configuration;
    const input = { files, readFile, signal, ...(await instruct(run, facts, configuration)) };
    const isLastAttempt = task.attemptCount >= task.maxAttempts;
    const { asked, packed } = await recordingRun(run, { input, configuration }, (recorded) =>
      askReviewers(ctx.reviewers, recorded, { configuration: values, isLastAttempt }),
    );
    signal.throwIfAborted();
    const offersModel = ctx.model !== null;
    await freezeReview(run, { files, asked, configuration, offersModel, packed });
  });
}

/** In this order: the check, which says that it is over, comes last. */
async function publish(run: ReviewRun): Promise<void> {
  const { db } = run.ctx;
  const { taskId } = run.task;
  const review = await findPublication(db, taskId, "review");
  if (review && isOpen(review)) await publishReview(run, review);
  run.signal.throwIfAborted();
  const summary = await findPublication(db, taskId, "summary");
  if (summary && isOpen(summary)) await publishSummary(run, summary);
  run.signal.throwIfAborted();
  const check = await findPublication(db, taskId, "check");
  if (check && isOpen(check)) await writeOnce(run, checkWrite(run, check));
}
