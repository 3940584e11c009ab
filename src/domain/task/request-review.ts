/** Makes sure that a pull request's head is reviewed, or says why not; what it replaces is stopped. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { countForkReviews } from "../../adapters/postgres/fork-reviews.ts";
import type { Owner } from "../../adapters/postgres/owners.ts";
import type { PullRequest } from "../../adapters/postgres/pull-requests.ts";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import { getStoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import {
  findUnfinishedTask,
  getTaskStatus,
  insertSkippedTask,
  insertTask,
  type NewTask,
  type SkipReason,
  type StopReason,
  stopReasons,
  type Task,
  withdrawStop,
} from "../../adapters/postgres/tasks.ts";
import { gateRulesOf } from "../configuration/gate-rules.ts";
import { decideGate } from "./review-gate.ts";
import { stopTasks } from "./stop-tasks.ts";

export interface ReviewRequest {
  readonly repository: Pick<Repository, "id" | "reviewMode">;
  /** Its facts are stored and its row is locked. */
  readonly pullRequest: Pick<
    PullRequest,
    | "id"
    | "headSha"
    | "baseRef"
    | "draft"
    | "authorIsBot"
    | "authorExternalId"
    | "labels"
    | "fromFork"
    | "pausedAt"
  >;
  readonly owner: Pick<Owner, "id" | "plan">;
  readonly trigger: "webhook" | "sweep" | "rerequest" | "command";
  readonly maxAttempts: number;
  /** The login of the person who asked, if one did. */
  readonly createdBy?: string | null;
  /** What of the diff is commented; `changes` unless the person asked for all of it. */
  readonly scope?: Task["scope"];
}

export type RequestedReview =
  | { readonly outcome: "queued"; readonly reason: "new_task" | "review_resumed"; readonly taskId: string }
  | { readonly outcome: "skipped"; readonly reason: SkipReason; readonly taskId: string }
  | {
      readonly outcome: "ignored";
      readonly reason: "already_queued" | "already_running" | "already_reviewed";
      readonly taskId: string;
    };

/** What a person waits for goes before what just happened, and that before what was missed. */
export const priorities = { command: -10, rerequest: -10, webhook: 0, sweep: 10 } as const;

/** Automatic tasks of other heads and bases are stopped first, also where this head is skipped. */
export async function requestReview(tx: Tx, request: ReviewRequest): Promise<RequestedReview> {
  const { repository, pullRequest, owner, trigger } = request;
  await stopReplaced(tx, pullRequest);
  const task: NewTask = {
    ownerId: owner.id,
    repositoryId: repository.id,
    pullRequestId: pullRequest.id,
    trigger,
    outputMode: repository.reviewMode === "dry_run" ? "app" : "forge",
    headSha: pullRequest.headSha,
    baseRef: pullRequest.baseRef,
    priority: priorities[trigger],
    maxAttempts: request.maxAttempts,
    createdBy: request.createdBy ?? null,
    scope: request.scope ?? "changes",
  };
  const gate = await findObjection(tx, request);
  return gate === null ? await queue(tx, task) : await skip(tx, task, gate);
}

/** By what is stored: the run asks again, of the file and the forge, before it asks a reviewer. */
async function findObjection(
  tx: Tx,
  { repository, pullRequest, owner, trigger }: ReviewRequest,
): Promise<SkipReason | null> {
  const { id: repositoryId, reviewMode } = repository;
  const { id: pullRequestId, baseRef, headSha, fromFork, authorExternalId: authorId } = pullRequest;
  const rules = gateRulesOf(await getStoredLayers(tx, { ownerId: owner.id, repositoryId, baseRef }));
  const head = { repositoryId, pullRequestId, headSha, authorId };
  const forkReviews = fromFork ? await countForkReviews(tx, head, null) : 0;
  const { plan } = owner;
  return decideGate({ trigger, reviewMode, plan, rules, pullRequest, authorMayWrite: null, forkReviews });
}

async function stopReplaced(tx: Tx, { id, headSha, baseRef }: ReviewRequest["pullRequest"]): Promise<void> {
  const stop = { pullRequestIds: [id], automaticOnly: true };
  await stopTasks(tx, { ...stop, reason: "new_head", keep: { headSha } });
  await stopTasks(tx, { ...stop, reason: "retargeted", keep: { headSha, baseRef } });
}

async function queue(tx: Tx, task: NewTask): Promise<RequestedReview> {
  // Asking again for what is about to be done adds nothing. Automatic tasks are told apart by insertTask.
  const isAutomatic = task.trigger === "webhook" || task.trigger === "sweep";
  const found = isAutomatic ? null : await findUnfinishedTask(tx, task);
  const unfinished = found && (task.scope !== "full" || found.scope === "full") ? found : null;
  const { id: taskId, created } = unfinished ? { ...unfinished, created: false } : await insertTask(tx, task);
  if (created) return { outcome: "queued", reason: "new_task", taskId };
  if (await withdrawStop(tx, taskId)) return { outcome: "queued", reason: "review_resumed", taskId };
  const status = await getTaskStatus(tx, taskId);
  return { outcome: "ignored", reason: standIns[status] ?? "already_reviewed", taskId };
}

/** How a task that is there already stands in for a new one. */
const standIns: Partial<Record<Task["status"], "already_queued" | "already_running">> = {
  pending: "already_queued",
  running: "already_running",
};

/** Nothing is unfinished on account of the others: an author does not change, and policies are asked beforehand. */
function isStopReason(reason: SkipReason): reason is SkipReason & StopReason {
  return (stopReasons as readonly string[]).includes(reason);
}

async function skip(tx: Tx, task: NewTask, reason: SkipReason): Promise<RequestedReview> {
  if (isStopReason(reason)) {
    await stopTasks(tx, { pullRequestIds: [task.pullRequestId], reason, automaticOnly: true });
  }
  const { id: taskId } = await insertSkippedTask(tx, task, reason);
  return { outcome: "skipped", reason, taskId };
}
