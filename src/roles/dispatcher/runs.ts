/** What this process is running: started from claims, ended one by one or by the exchange, handed back at shutdown. */
import type { ClaimedTask, CompletedRun } from "../../adapters/postgres/runs.ts";
import type { Context } from "../../context.ts";
import { handBackRuns } from "../../domain/task/hand-back-runs.ts";
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
  /** It has stopped working, and waits to be handed back. */
  isReleased: boolean;
  /** Resolves when it has ended, or is released. */
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
  /** Resolves when none works any more, however they ended. */
  readonly allEnded: () => Promise<void>;
  /** Aborts them all, and whatever is started from now on. */
  readonly release: () => void;
  /** Hands back what is left under this lease, of runs that still work over their heads. Tried once. */
  readonly handBack: (workerId: string) => Promise<void>;
}

const settleRetryMs = 1_000;
/** A task lost with its process this often runs alone (see pick_tasks). */
const exclusiveLostCount = 2;

/** @param onEnd told whenever there is something to settle or room for another */
export function createRuns(ctx: Context, execute: Execute, onEnd: () => void): Runs {
  const active = new Map<string, ActiveRun>();
  let isReleasing = false;
  let isHandingBack = false;

  const end = (run: ActiveRun) => {
    // A run that was lost may end after this process has claimed its task again.
    if (active.get(run.task.taskId) === run) active.delete(run.task.taskId);
    run.ended.resolve();
  };

  const start = (task: ClaimedTask, lost: AbortSignal) => {
    const controller = new AbortController();
    const run = newRun(ctx, task, controller);
    active.get(task.taskId)?.ended.resolve();
    active.set(task.taskId, run);
    if (isReleasing) run.abort("released");
    const { signal, forget } = abortWhenLost(controller, lost);
    void work(ctx, { execute, run, signal, isHandedBack: () => isHandingBack }).then((completed) => {
      forget();
      run.completed = completed;
      if (run.isReleased) run.ended.resolve();
      else if (!completed) end(run);
      onEnd();
    });
  };

  const completed = () => [...active.values()].flatMap((run) => run.completed ?? []);

  return {
    count: () => active.size,
    has: (taskId) => active.has(taskId),
    isExclusive: () => [...active.values()].some(runsAlone),
    start,
    completed,
    settle: (settling, settledIds) => {
      const settled = new Set(settledIds);
      for (const { taskId, fence } of settling) {
        const run = active.get(taskId);
        if (run?.task.fence !== fence) continue;
        tellSettled(run, settled.has(taskId));
        end(run);
      }
    },
    stop: (taskIds) => {
      for (const id of taskIds) active.get(id)?.abort("stopped");
    },
    allEnded: () => allEnded(active),
    release: () => {
      isReleasing = true;
      for (const run of active.values()) run.abort("released");
    },
    handBack: async (workerId) => {
      isHandingBack = true;
      const own = [...active.values()].map(({ task }) => task).filter((task) => task.workerId === workerId);
      await handBackRuns(ctx, workerId, own);
    },
  };
}

/** Not AbortSignal.any: the lease outlives its runs by far, and keeps what was made of its signal. */
function abortWhenLost(controller: AbortController, lost: AbortSignal) {
  const abort = () => controller.abort(lost.reason);
  if (lost.aborted) abort();
  lost.addEventListener("abort", abort);
  return { signal: controller.signal, forget: () => lost.removeEventListener("abort", abort) };
}

function runsAlone({ completed, task }: ActiveRun): boolean {
  return completed === null && task.lostCount >= exclusiveLostCount;
}

function newRun({ log }: Context, task: ClaimedTask, controller: AbortController): ActiveRun {
  return {
    task,
    log: log.child({ taskId: task.taskId, attempt: task.attemptCount }),
    abort: (reason) => controller.abort(reason),
    completed: null,
    isReleased: false,
    ended: Promise.withResolvers(),
  };
}

function tellSettled({ log, completed }: ActiveRun, isSettled: boolean): void {
  const line = { outcome: "completed", reason: completed?.reason };
  if (isSettled) log.info(line, "task settled");
  else log.warn(line, "not settled: lost, or settled by a call that went unanswered");
}

/** Those started meanwhile included. */
async function allEnded(active: ReadonlyMap<string, ActiveRun>): Promise<void> {
  for (;;) {
    const working = [...active.values()].filter(({ isReleased }) => !isReleased);
    if (working.length === 0) return;
    await Promise.all(working.map(({ ended }) => ended.promise));
  }
}

interface Work {
  readonly execute: Execute;
  readonly run: ActiveRun;
  readonly signal: AbortSignal;
  /** True once the task is handed back over the run's head. */
  readonly isHandedBack: () => boolean;
}

/** Runs the task and settles it, unless it completed: then the exchange does. Released ones are handed back together. */
async function work(
  { db }: Context,
  { execute, run, signal, isHandedBack }: Work,
): Promise<CompletedRun | null> {
  const { task, log } = run;
  const outcome = await outcomeOf(() => execute(task, { signal, log }), { log, signal });
  if (outcome.kind === "completed") return { ...task, reason: outcome.reason };
  run.isReleased = outcome.kind === "released" && signal.aborted;
  if (run.isReleased) return null;
  const isOver = () => isHandedBack() || (signal.aborted && signal.reason === "lost");
  await settle({ db, log }, task, outcome, isOver);
  return null;
}

/** The boundary of a run: whatever it throws becomes an outcome. */
async function outcomeOf(
  run: () => Promise<RunOutcome>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<RunOutcome> {
  try {
    signal.throwIfAborted();
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

/** Goes on until it is written or over: a task left running by a live process would never be found. */
async function settle(
  ctx: Context,
  task: ClaimedTask,
  outcome: UnfinishedOutcome,
  isOver: () => boolean,
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
      if (isOver()) return;
      ctx.log.error({ err: error }, "settling failed, will try again");
      await Bun.sleep(settleRetryMs);
    }
  }
}
