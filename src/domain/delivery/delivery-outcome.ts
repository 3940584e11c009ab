/** What becomes of a delivery, and why: the words its row, the API and the metrics use. */

import type { SkipReason } from "../../adapters/postgres/tasks.ts";

type QueuedReason =
  | "new_task"
  /** A running review that was told to stop may go on. */
  | "review_resumed";

export type IgnoredReason =
  | "bot"
  | "event_not_used"
  | "action_not_used"
  | "not_a_pull_request"
  | "no_change"
  | "closed"
  | "already_queued"
  | "already_running"
  | "already_reviewed"
  | "unknown_repository"
  | "unknown_pull_request"
  | "no_account"
  | "suspended"
  | "uninstalled";

export type RecordedReason =
  | "ping"
  | "comment"
  | "comment_deleted"
  | "review"
  | "review_comment"
  | "review_thread"
  /** Feedback on what we posted. */
  | "reply"
  | "reply_deleted"
  | "thread_resolved"
  | "thread_reopened"
  | "review_dismissed"
  | "command_received"
  /** The comment's command came with another delivery before. */
  | "command_known"
  | "facts"
  /** A branch's configuration may have changed. */
  | "configuration"
  | StoppedReason;

/** Why unfinished work was cancelled; `recorded` where there was none. */
export type StoppedReason =
  | "closed"
  | "merged"
  | "uninstalled"
  | "suspended"
  | "repository_removed"
  | "repository_deleted"
  | "repository_archived"
  | "repository_transferred";

export type FailedReason = "invalid_payload" | "internal_error";

/** How an event was dealt with. */
export type DeliveryOutcome =
  | { readonly outcome: "queued"; readonly reason: QueuedReason; readonly taskId: string }
  | { readonly outcome: "skipped"; readonly reason: SkipReason; readonly taskId: string }
  | { readonly outcome: "ignored"; readonly reason: IgnoredReason; readonly taskId: string | null }
  | { readonly outcome: "cancelled"; readonly reason: StoppedReason; readonly taskId: string | null }
  | { readonly outcome: "recorded"; readonly reason: RecordedReason; readonly taskId: null }
  | { readonly outcome: "stale"; readonly reason: "older_event"; readonly taskId: null };

export function ignored(reason: IgnoredReason, taskId: string | null = null): DeliveryOutcome {
  return { outcome: "ignored", reason, taskId };
}

export function recorded(reason: RecordedReason): DeliveryOutcome {
  return { outcome: "recorded", reason, taskId: null };
}

export const stale: DeliveryOutcome = { outcome: "stale", reason: "older_event", taskId: null };

/** @param stopped the tasks that were cancelled or told to stop */
export function cancelled(reason: StoppedReason, stopped: readonly string[]): DeliveryOutcome {
  const [taskId = null] = stopped;
  return taskId === null ? recorded(reason) : { outcome: "cancelled", reason, taskId };
}
