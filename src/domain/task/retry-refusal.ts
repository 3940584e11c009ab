/** Why a task is not retried, as one pure decision. The words are those of tasks and deliveries. */
import type { TaskToRetry } from "../../adapters/postgres/task-retries.ts";
import type { Task } from "../../adapters/postgres/tasks.ts";
import { decideGate, type GateFacts } from "./review-gate.ts";

/** What decides. */
export interface RetryFacts extends Omit<TaskToRetry, "task" | "pullRequest">, Pick<GateFacts, "rules"> {
  readonly task: Pick<Task, "status" | "trigger" | "headSha" | "baseRef">;
  readonly pullRequest: GateFacts["pullRequest"] &
    Pick<TaskToRetry["pullRequest"], "state" | "headSha" | "baseRef">;
  /** Of another task that does, or did, the same; null: there is none. */
  readonly standIn: Task["status"] | null;
}

const byStatus = {
  pending: "already_queued",
  running: "already_running",
  completed: "already_reviewed",
  superseded: "superseded",
  skipped: "skipped",
  failed: null,
  cancelled: null,
} as const satisfies Record<Task["status"], string | null>;

const byInstallation = { active: null, suspended: "suspended", deleted: "uninstalled" } as const;

/** Null: it may be retried. */
export function refuseRetry({ task, pullRequest, standIn, installation, ...gate }: RetryFacts) {
  const over = byStatus[task.status];
  if (over !== null) return over;
  if (pullRequest.state === "closed") return "closed";
  if (pullRequest.headSha !== task.headSha) return "new_head";
  if (pullRequest.baseRef !== task.baseRef) return "retargeted";
  const barred = byInstallation[installation ?? "deleted"];
  if (barred !== null) return barred;
  const done = standIn && byStatus[standIn];
  // Its own review is among those of its author's day already.
  const known = { ...gate, authorMayWrite: null, forkReviews: 0 };
  return done ?? decideGate({ ...known, trigger: task.trigger, pullRequest });
}

export type RetryRefusal = NonNullable<ReturnType<typeof refuseRetry>>;
