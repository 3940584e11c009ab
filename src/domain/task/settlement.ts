/** What becomes of a running task when its attempt ends: the legal transitions, as one pure decision. */
import type { AttemptOutcome } from "../../adapters/postgres/attempts.ts";
import type { CompletedRun } from "../../adapters/postgres/runs.ts";
import type { SkipReason, StopReason, TaskReason, Transition } from "../../adapters/postgres/tasks.ts";

/** How a run ended, as the review pipeline tells it. */
export type RunOutcome =
  | { readonly kind: "completed"; readonly reason: CompletedRun["reason"] }
  | {
      readonly kind: "failed";
      readonly reason: Extract<
        TaskReason,
        | "permission_denied"
        | "pull_request_gone"
        | "internal_error"
        | "model_output_invalid"
        | "model_refused"
        | "model_unauthorized"
        | "model_rejected"
        | "model_not_set_up"
      >;
      readonly error: string;
    }
  /** Worth another attempt. Waiting for the forge's content budget, or for somebody to act, costs no attempt. */
  | {
      readonly kind: "retry";
      readonly reason: "retry" | "content_budget" | "action_required";
      readonly error: string;
      readonly delayMs?: number;
    }
  /** The configuration, or the forge, says that this head is not reviewed. */
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  /** The run saw that it shall stop. */
  | { readonly kind: "stopped" }
  /** The run saw a newer head on the forge than its own. */
  | { readonly kind: "superseded" }
  /** Handed back at shutdown, unfinished. */
  | { readonly kind: "released" }
  /** The fence is gone: another process has the task, nothing was written. */
  | { readonly kind: "lost" };

/** The facts of the running task that decide. */
export interface RunningTask {
  readonly stopRequested: StopReason | null;
  readonly attemptCount: number;
  readonly maxAttempts: number;
  readonly lostCount: number;
}

/** Completed runs need no decision: what was published whole is completed, also when a stop came too late to matter. */
export type UnfinishedOutcome = Exclude<RunOutcome, { readonly kind: "completed" }>;

export interface Settlement {
  readonly transition: Transition;
  readonly attempt: AttemptOutcome;
  readonly attemptCount: number;
  readonly lostCount: number;
  readonly error: string | null;
}

/** A task whose process died under it this often fails instead of taking a fourth process down. */
const maxLostCount = 3;

const baseDelayMs = 10_000;
const maxDelayMs = 600_000;

/**
 * @param outcome `lost` here means that the worker is gone: its lease lapsed with the task unfinished
 * @param random from 0 to 1, spreads retries
 */
export function decideSettlement(task: RunningTask, outcome: UnfinishedOutcome, random: number): Settlement {
  const same = { attemptCount: task.attemptCount, lostCount: task.lostCount };
  if (task.stopRequested !== null) {
    const to = statusAfterStop(task.stopRequested);
    return { ...same, transition: { to, reason: task.stopRequested }, attempt: to, error: null };
  }
  switch (outcome.kind) {
    case "failed": {
      const transition = { to: "failed", reason: outcome.reason } as const;
      return { ...same, transition, attempt: "failed", error: outcome.error };
    }
    case "skipped": {
      const transition = { to: "skipped", reason: outcome.reason } as const;
      return { ...same, transition, attempt: "skipped", error: null };
    }
    case "retry":
      return decideRetry(task, outcome, random);
    case "superseded":
      return {
        ...same,
        transition: { to: "superseded", reason: "new_head" },
        attempt: "superseded",
        error: null,
      };
    // Told to stop, which was withdrawn before it had: its head is wanted again.
    case "stopped":
    case "released":
      return { ...handBack(task, "released"), attempt: "released", lostCount: task.lostCount };
    case "lost":
      return decideLost(task);
  }
}

/** How work ends that was told to stop: what a newer head replaces is superseded, everything else is cancelled. */
export function statusAfterStop(reason: StopReason): "superseded" | "cancelled" {
  return reason === "new_head" || reason === "retargeted" ? "superseded" : "cancelled";
}

function decideRetry(
  task: RunningTask,
  outcome: Extract<RunOutcome, { kind: "retry" }>,
  random: number,
): Settlement {
  const { lostCount } = task;
  const refunded = outcome.reason !== "retry";
  if (!refunded && task.attemptCount >= task.maxAttempts) {
    const transition = { to: "failed", reason: "attempts_exhausted" } as const;
    return {
      transition,
      attempt: "failed",
      attemptCount: task.attemptCount,
      lostCount,
      error: outcome.error,
    };
  }
  const delayMs = Math.max(outcome.delayMs ?? 0, retryDelayMs(task.attemptCount, random));
  return {
    transition: { to: "pending", reason: outcome.reason, delayMs },
    attempt: "retried",
    attemptCount: refunded ? task.attemptCount - 1 : task.attemptCount,
    lostCount,
    error: outcome.error,
  };
}

function decideLost(task: RunningTask): Settlement {
  const lostCount = task.lostCount + 1;
  if (lostCount < maxLostCount)
    return { ...handBack(task, "worker_lost"), attempt: "worker_lost", lostCount };
  return {
    transition: { to: "failed", reason: "worker_lost" },
    attempt: "worker_lost",
    attemptCount: task.attemptCount,
    lostCount,
    error: `the process running it died ${lostCount} times`,
  };
}

/** Pending again at once, with the attempt refunded: it was not the task that failed. */
function handBack(task: RunningTask, reason: Extract<TaskReason, "released" | "worker_lost">) {
  return {
    transition: { to: "pending", reason, delayMs: null },
    attemptCount: task.attemptCount - 1,
    error: null,
  } as const;
}

/** Doubles from 10 s to 10 min, then between half and all of it, so that failures of one moment do not come back as one. */
export function retryDelayMs(attemptCount: number, random: number): number {
  const fullMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (attemptCount - 1));
  return fullMs * (0.5 + random / 2);
}
