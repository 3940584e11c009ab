/** What this process is running: started from claims, ended one by one or by the exchange, handed back at shutdown. */
import type { ClaimedTask, CompletedRun } from "../../adapters/postgres/runs.ts";
import type { Context } from "../../context.ts";
import { outcomeOfError } from "../../domain/task/outcome-of-error.ts";
import { settleTask } from "../../domain/task/settle-task.ts";
import type { RunOutcome, UnfinishedOutcome } from "../../domain/task/settlement.ts";
import type { Logger } from "../../log.ts";

/** Does a task's work. Whatever it throws becomes an outcome. */
export type Execute = (task: ClaimedTask, run: { signal: AbortSignal; log: Logger }) => Promise<RunOutcome>;

/** Why a run is aborted; becomes its outcome. */
type AbortReason = "stopped" | "released" | "lost";

interface ActiveRun {
  readonly task: ClaimedTask;
  readonly log: Logger;
  readonly abort: (reason: AbortReason) => void;
  /** Set when it waits for the next exchange to settle it. */
  completed: CompletedRun | null;
  readonly ended: PromiseWithResolvers<void>;
}

export interface Runs {
  readonly count: () => number;
  readonly has: (taskId: string) => boolean;
  /** True while a task that was lost twice runs: it runs alone. */
  readonly isExclusive: () => boolean;
  readonly start: (task: ClaimedTask, lost: AbortSignal) => void;
  /** Those that completed and wait to be settled. */
  readonly completed: () => readonly CompletedRun[];
  /** Ends completed runs after an exchange that settled these; the others had lost their fence. */
  readonly settle: (completed: readonly CompletedRun[], settledIds: readonly string[]) => void;
  /** Aborts these tasks' runs, whose stop was requested. */
  readonly stop: (taskIds: readonly string[]) => void;
  /** Lets runs end for so long, then hands back what is left. */
  readonly drain: (graceMs: number) => Promise<void>;
}

/** How long a run may take to notice that it is aborted, before its task is handed back over its head. */
const abortMs = 500;
const settleRetryMs = 1_000;
/** A task lost with its process this often runs alone (see claim_tasks). */
const exclusiveLostCount = 2;

/** @param onEnd told whenever there is something to settle or room for another */
export function createRuns(ctx: Context, execute: Execute, onEnd: () => void): Runs {
  const active = new Map<string, ActiveRun>();
  let isReleasing = false;

  const end = (run: ActiveRun) => {
    active.delete(run.task.taskId);
    run.ended.resolve();
  };

  const start = (task: ClaimedTask, lost: AbortSignal) => {
    const controller = new AbortController();
    const run: ActiveRun = {
      task,
      log: ctx.log.child({ taskId: task.taskId, attempt: task.attemptCount }),
      abort: (reason) => controller.abort(reason),
      completed: null,
      ended: Promise.withResolvers(),
    };
    active.set(task.taskId, run);
    if (isReleasing) run.abort("released");
    void work(ctx, execute, run, AbortSignal.any([controller.signal, lost])).then((completed) => {
      run.completed = completed;
      if (!completed) end(run);
      onEnd();
    });
  };

  const completed = () => [...active.values()].flatMap((run) => run.completed ?? []);

  const settle = (settling: readonly CompletedRun[], settledIds: readonly string[]) => {
    const settled = new Set(settledIds);
    for (const { taskId, reason } of settling) {
      const run = active.get(taskId);
      if (!run) continue;
      if (settled.has(taskId)) run.log.info({ outcome: "completed", reason }, "task settled");
      else
        run.log.warn(
          { outcome: "completed" },
          "not settled: lost, or settled by a call that went unanswered",
        );
      end(run);
    }
  };

  const drain = async (graceMs: number) => {
    if (await allEnd(active, graceMs)) return;
    isReleasing = true;
    for (const run of active.values()) run.abort("released");
    if (await allEnd(active, abortMs)) return;
    await handBack(ctx, [...active.values()]);
  };

  return {
    count: () => active.size,
    has: (taskId) => active.has(taskId),
    isExclusive: () =>
      [...active.values()].some((run) => !run.completed && run.task.lostCount >= exclusiveLostCount),
    start,
    completed,
    settle,
    stop: (taskIds) => {
      for (const id of taskIds) active.get(id)?.abort("stopped");
    },
    drain,
  };
}

/** Runs the task and settles it, unless it completed: then the exchange does. */
async function work(
  { db }: Context,
  execute: Execute,
  { task, log }: ActiveRun,
  signal: AbortSignal,
): Promise<CompletedRun | null> {
  const outcome = await outcomeOf(() => execute(task, { signal, log }), { log, signal });
  if (outcome.kind === "completed") return { ...task, reason: outcome.reason };
  await settle({ db, log }, task, outcome, signal);
  return null;
}

/** The boundary of a run: whatever it throws becomes an outcome. */
async function outcomeOf(
  run: () => Promise<RunOutcome>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<RunOutcome> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) {
      const reason: AbortReason = signal.reason;
      return { kind: reason };
    }
    log.warn({ err: error }, "attempt failed");
    return outcomeOfError(error);
  }
}

/** Goes on until it is written or the lease is lost: a task left running by a live process would never be found. */
async function settle(
  ctx: Context,
  task: ClaimedTask,
  outcome: UnfinishedOutcome,
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

async function handBack(ctx: Context, runs: readonly ActiveRun[]): Promise<void> {
  const handedBack = runs.map(({ task }) => settleTask(ctx, task, { kind: "released" }));
  for (const result of await Promise.allSettled(handedBack)) {
    if (result.status === "rejected")
      ctx.log.error({ err: result.reason }, "not handed back: others take it when the lease ends");
  }
}

/** True when every run ended within the time. */
async function allEnd(active: ReadonlyMap<string, ActiveRun>, withinMs: number): Promise<boolean> {
  const timeout = Promise.withResolvers<void>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    timeout.resolve();
  }, withinMs);
  // An exchange that was under way may start more while these end.
  while (active.size > 0 && !isLate) {
    const ended = Promise.all([...active.values()].map((run) => run.ended.promise));
    await Promise.race([ended, timeout.promise]);
  }
  clearTimeout(timer);
  return active.size === 0;
}
