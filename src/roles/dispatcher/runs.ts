/** The reviews this process is running: started from claims, settled when they end, handed back at shutdown. */
import type { ClaimedTask } from "../../adapters/postgres/runs.ts";
import type { ReviewContext } from "../../context.ts";
import { runReview } from "../../domain/review/run-review.ts";
import { outcomeOfError } from "../../domain/task/outcome-of-error.ts";
import { settleTask } from "../../domain/task/settle-task.ts";
import type { RunOutcome } from "../../domain/task/settlement.ts";

/** Why a run is aborted; becomes its outcome. */
type AbortReason = "stopped" | "released" | "lost";

interface ActiveRun {
  readonly task: ClaimedTask;
  readonly abort: (reason: AbortReason) => void;
  readonly ended: Promise<void>;
}

export interface Runs {
  readonly count: () => number;
  readonly has: (taskId: string) => boolean;
  /** True while a task that was lost twice runs: it runs alone. */
  readonly exclusive: () => boolean;
  readonly start: (task: ClaimedTask, lost: AbortSignal) => void;
  /** Aborts these tasks' runs, whose stop was requested. */
  readonly stop: (taskIds: readonly string[]) => void;
  /** Lets runs end for so long, then hands back what is left. */
  readonly drain: (graceMs: number) => Promise<void>;
}

/** How long a run may take to notice that it is aborted, before its task is handed back over its head. */
const abortMs = 500;
const settleRetryMs = 1_000;
/** A task lost with its process this often runs alone (see claimTasks). */
const exclusiveLostCount = 2;

export function createRuns(ctx: ReviewContext, onEnd: () => void): Runs {
  const active = new Map<string, ActiveRun>();

  const start = (task: ClaimedTask, lost: AbortSignal) => {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, lost]);
    const ended = execute(ctx, task, signal).finally(() => {
      active.delete(task.taskId);
      onEnd();
    });
    active.set(task.taskId, { task, abort: (reason) => controller.abort(reason), ended });
  };

  const stop = (taskIds: readonly string[]) => {
    for (const id of taskIds) active.get(id)?.abort("stopped");
  };

  const drain = async (graceMs: number) => {
    if (await allEnd(active, graceMs)) return;
    for (const run of active.values()) run.abort("released");
    if (await allEnd(active, abortMs)) return;
    const handedBack = [...active.values()].map(({ task }) => settleTask(ctx, task, { kind: "released" }));
    for (const result of await Promise.allSettled(handedBack)) {
      if (result.status === "rejected")
        ctx.log.error({ err: result.reason }, "not handed back: others take it when the lease ends");
    }
  };

  const exclusive = () => [...active.values()].some(({ task }) => task.lostCount >= exclusiveLostCount);
  return { count: () => active.size, has: (taskId) => active.has(taskId), exclusive, start, stop, drain };
}

async function execute(ctx: ReviewContext, task: ClaimedTask, signal: AbortSignal): Promise<void> {
  const log = ctx.log.child({ taskId: task.taskId, attempt: task.attemptCount });
  const outcome = await review({ ...ctx, log }, task, signal);
  await settle({ ...ctx, log }, task, outcome, signal);
}

/** The boundary of a run: whatever it throws becomes an outcome. */
async function review(ctx: ReviewContext, task: ClaimedTask, signal: AbortSignal): Promise<RunOutcome> {
  try {
    return await runReview(ctx, task, signal);
  } catch (error) {
    if (signal.aborted) {
      const reason: AbortReason = signal.reason;
      return { kind: reason };
    }
    ctx.log.warn({ err: error }, "attempt failed");
    return outcomeOfError(error);
  }
}

/** Goes on until it is written or the lease is lost: a task left running by a live process would never be found. */
async function settle(
  ctx: ReviewContext,
  task: ClaimedTask,
  outcome: RunOutcome,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const status = await settleTask(ctx, task, outcome);
      ctx.log.info(
        { outcome: outcome.kind, status },
        status === null ? "fence lost, nothing settled" : "task settled",
      );
      return;
    } catch (error) {
      if (signal.aborted && signal.reason === "lost") return;
      ctx.log.error({ err: error }, "settling failed, will try again");
      await Bun.sleep(settleRetryMs);
    }
  }
}

/** True when every run ended within the time. */
async function allEnd(active: ReadonlyMap<string, ActiveRun>, withinMs: number): Promise<boolean> {
  const timeout = Promise.withResolvers<false>();
  const timer = setTimeout(() => timeout.resolve(false), withinMs);
  const ended = Promise.all([...active.values()].map((run) => run.ended)).then(() => true as const);
  const all = await Promise.race([ended, timeout.promise]);
  clearTimeout(timer);
  return all;
}
