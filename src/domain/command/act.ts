/** What came of a command: how its row ends, and what its author is told. */

type CommandReason =
  // done
  | "review_queued"
  | "review_skipped"
  | "already_queued"
  | "already_running"
  | "already_reviewed"
  | "paused"
  | "resumed"
  | "no_change"
  | "resolved"
  | "shown"
  | "answered"
  | "not_in_thread"
  | "no_model"
  // refused
  | "no_permission"
  | "permission_unknown"
  | "closed"
  | "plan_blocked"
  | "cooldown"
  | "already_done"
  | "question_limit"
  // failed
  | "not_installed"
  | "model_failed"
  | "attempts_exhausted"
  | "worker_lost";

export interface Act {
  readonly status: "done" | "refused" | "failed";
  readonly reason: CommandReason;
  /** Markdown, safe to post; null: nothing is said. */
  readonly reply: string | null;
  readonly taskId?: string | null;
  /** For those who run reviewd. */
  readonly error?: string;
}
