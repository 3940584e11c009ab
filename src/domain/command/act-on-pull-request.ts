/** The commands that change what happens on a pull request, each within the transaction that ends the command. */
import type { CommandPlace } from "../../adapters/postgres/command-place.ts";
import { hasReview, setPaused } from "../../adapters/postgres/command-place.ts";
import { insertCommandPublication } from "../../adapters/postgres/command-publications.ts";
import type { ClaimedCommand } from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { dismissFindings } from "../../adapters/postgres/findings.ts";
import { findCommentsOf } from "../../adapters/postgres/pull-request-place.ts";
import { type RequestedReview, requestReview } from "../task/request-review.ts";
import { stopTasks } from "../task/stop-tasks.ts";
import type { Act } from "./act.ts";
import { closedText, pauseText, resolveText, resumeText, reviewText } from "./reply-texts.ts";

/** Threads that one command ends; more than that is on no pull request that people read. */
const maxThreads = 1_000;

export interface Acting {
  readonly command: ClaimedCommand;
  /** Locked. */
  readonly place: CommandPlace;
  readonly taskMaxAttempts: number;
}

export async function startReview(tx: Tx, acting: Acting): Promise<Act> {
  const { command, place } = acting;
  const { state, headSha } = place.pullRequest;
  if (state === "closed") return { status: "refused", reason: "closed", reply: closedText };
  const isFull = command.name === "review_full";
  const requested = await request(tx, acting, isFull ? "full" : "changes");
  return {
    status: "done",
    reason: reasonOf(requested),
    reply: reviewText(requested, headSha, isFull),
    taskId: requested.taskId,
  };
}

/** What a person asked for goes on. */
export async function pauseReviews(tx: Tx, { place }: Acting): Promise<Act> {
  const { id } = place.pullRequest;
  const isChange = await setPaused(tx, id, true);
  await stopTasks(tx, { pullRequestIds: [id], reason: "requested", automaticOnly: true });
  return { status: "done", reason: isChange ? "paused" : "no_change", reply: pauseText(isChange) };
}

export async function resumeReviews(tx: Tx, acting: Acting): Promise<Act> {
  const { pullRequest } = acting.place;
  const isChange = await setPaused(tx, pullRequest.id, false);
  const isDue = isChange && pullRequest.state === "open" && !(await hasReview(tx, pullRequest));
  const requested = isDue ? await request(tx, acting, "changes") : null;
  return {
    status: "done",
    reason: isChange ? "resumed" : "no_change",
    reply: resumeText(isChange, requested, pullRequest.headSha),
    taskId: requested?.taskId ?? null,
  };
}

export async function resolveFindings(tx: Tx, { command, place }: Acting): Promise<Act> {
  const { id: pullRequestId } = place.pullRequest;
  const dismissed = await dismissFindings(tx, {
    pullRequestId,
    originIds: "open",
    by: command.authorLogin,
  });
  const commentIds = await findCommentsOf(tx, { pullRequestId, originIds: dismissed, limit: maxThreads });
  if (commentIds.length > 0) {
    const publication = { id: Bun.randomUUIDv7(), commandId: command.id, pullRequestId };
    await insertCommandPublication(tx, { ...publication, kind: "thread", payload: { commentIds } });
  }
  const reason = dismissed.length > 0 ? "resolved" : "no_change";
  return { status: "done", reason, reply: resolveText(dismissed.length) };
}

async function request(
  tx: Tx,
  { command, place, taskMaxAttempts }: Acting,
  scope: "changes" | "full",
): Promise<RequestedReview> {
  const { repository, owner } = place;
  const pullRequest = { ...place.pullRequest, pausedAt: null };
  return await requestReview(tx, {
    ...{ repository, pullRequest, owner, scope },
    trigger: "command",
    maxAttempts: taskMaxAttempts,
    createdBy: command.authorLogin,
  });
}

function reasonOf(requested: RequestedReview): Act["reason"] {
  switch (requested.outcome) {
    case "queued":
      return "review_queued";
    case "skipped":
      return "review_skipped";
    case "ignored":
      return requested.reason;
  }
}
