/** Judges a play of chaos: what was promised and did not hold, in words, and how long a killed run took to start again. */
import type { ChaosHistory } from "./chaos-history.ts";
import { nameOf, type RecordedRun } from "./chaos-record.ts";
import { findOverCap, findSimultaneous } from "./chaos-sweep.ts";

export const faultKinds = [
  "overCap",
  "twoPerPullRequest",
  /** A task that ran twice at once or completed twice, or that a run completed which had lost it. */
  "double",
  "lost",
  "stuck",
  "miscounted",
  /** What the view of broken seats showed. */
  "brokenSeats",
  /** Failures that nothing which happened explains. */
  "errors",
] as const;

/** In words; each empty unless there is a bug. */
export type Faults = Readonly<Record<(typeof faultKinds)[number], readonly string[]>>;

export function findFaults(history: ChaosHistory): Faults {
  const runs = effectiveRuns(history);
  const publishing = runs.filter(({ publishes }) => publishes);
  return {
    overCap: findOverCap(runs, history.caps, history.capChanges),
    twoPerPullRequest: findSimultaneous(publishing, ({ pullRequestId }) => `pull request ${pullRequestId}`),
    double: [
      ...findSimultaneous(runs, ({ taskId }) => `task ${taskId}`),
      ...findRepeated(history),
      ...findStale(history),
    ],
    lost: findLost(history),
    stuck: history.tasks
      .filter(({ status }) => status === "pending" || status === "running")
      .map(({ id, status }) => `task ${id} is ${status} in the end`),
    miscounted: findMiscounted(history),
    brokenSeats: history.brokenSeats,
    errors: history.errors,
  };
}

/**
 * From the kill of the process that ran a task to the task's next run. Not those that were not to run again, and not
 * those of owners whose cap changes: they may have to wait until it allows as many again.
 */
export function restartP95Ms({ processes, attempts, unsteadyOwners }: ChaosHistory): number {
  const killedAt = new Map<string, number>();
  for (const { runs, endingAt } of processes.filter(({ isKilled }) => isKilled)) {
    for (const { workerId } of runs) killedAt.set(workerId, endingAt);
  }
  const runs = new Map(allRuns(processes).map((run) => [nameOf(run), run]));
  const restarts = attempts.flatMap(({ taskId, fence, workerId, outcome }) => {
    const killed = outcome === "worker_lost" ? killedAt.get(workerId) : undefined;
    const again = runs.get(nameOf({ taskId, fence: fence + 1 }));
    if (killed === undefined || !again || unsteadyOwners.includes(again.ownerId)) return [];
    return [(again.from - killed) / 1_000];
  });
  return restarts.toSorted((a, b) => a - b)[Math.ceil(restarts.length * 0.95) - 1] ?? Number.NaN;
}

export function countLostTooOften({ tasks }: ChaosHistory): number {
  return tasks.filter(({ status, reason }) => status === "failed" && reason === "worker_lost").length;
}

/** Runs that ended well in a process that no longer had them: their fence was all that stood in the way. */
export function countLateEnds({ processes, leaseEnds }: ChaosHistory): number {
  return allRuns(processes).filter(
    ({ to, outcome, workerId }) => outcome === "completed" && to > leaseEndOf(leaseEnds, workerId),
  ).length;
}

/**
 * A run is under way until it ends, its process is gone, or its lease is over: what a process does that stands still
 * for longer than its lease and wakes up again has no effect.
 */
function effectiveRuns({ processes, leaseEnds }: ChaosHistory): readonly RecordedRun[] {
  return allRuns(processes)
    .map((run) => ({ ...run, to: Math.min(run.to, leaseEndOf(leaseEnds, run.workerId)) }))
    .filter(({ from, to }) => from < to);
}

function allRuns(processes: ChaosHistory["processes"]): readonly RecordedRun[] {
  return processes.flatMap(({ runs }) => runs);
}

function leaseEndOf(leaseEnds: ReadonlyMap<string, number>, workerId: string): number {
  const leaseEnd = leaseEnds.get(workerId);
  if (leaseEnd === undefined) throw new Error(`worker ${workerId} never had a lease`);
  return leaseEnd;
}

/** The same run begun twice, or begun by nobody's claim; tasks completed twice. */
function findRepeated({ processes, attempts }: ChaosHistory): readonly string[] {
  const begun = allRuns(processes).map(nameOf);
  const claimed = new Set(attempts.map(nameOf));
  const completed = attempts.filter(({ outcome }) => outcome === "completed").map(({ taskId }) => taskId);
  return [
    ...repeated(begun).map((run) => `${run} began twice`),
    ...begun.filter((run) => !claimed.has(run)).map((run) => `${run} began and nobody claimed it`),
    ...repeated(completed).map((taskId) => `task ${taskId} completed twice`),
  ];
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}

/** Completed by a run that was not the last one, or by one whose lease was over; taken from one whose lease was not. */
function findStale({ tasks, attempts, leaseEnds }: ChaosHistory): readonly string[] {
  const lastFence = new Map(tasks.map(({ id, fence }) => [id, fence]));
  return attempts.flatMap((attempt) => {
    const { taskId, fence, workerId, outcome, finishedAt } = attempt;
    const leaseEnd = leaseEndOf(leaseEnds, workerId);
    if (outcome === "worker_lost")
      return finishedAt < leaseEnd ? [`${nameOf(attempt)} was taken from a live worker`] : [];
    if (outcome !== "completed") return [];
    return [
      ...(fence === lastFence.get(taskId) ? [] : [`${nameOf(attempt)} completed and was not the last`]),
      ...(finishedAt < leaseEnd ? [] : [`${nameOf(attempt)} completed after its lease was over`]),
    ];
  });
}

/** Tasks queued and not there, claims that left no trace, completions without the run, runs without the completion. */
function findLost(history: ChaosHistory): readonly string[] {
  const { tasks, attempts, queued } = history;
  const there = new Set(tasks.map(({ id }) => id));
  const ended = new Set(attempts.map(nameOf));
  const completed = new Set(
    allRuns(history.processes).flatMap((run) => (run.outcome === "completed" ? [nameOf(run)] : [])),
  );
  const claims = tasks.flatMap(({ id, fence }) =>
    Array.from({ length: fence }, (_, before) => nameOf({ taskId: id, fence: before + 1 })),
  );
  const lastRuns = tasks.flatMap(({ id, status, fence }) =>
    status === "completed" ? [nameOf({ taskId: id, fence })] : [],
  );
  return [
    ...queued.filter((id) => !there.has(id)).map((id) => `task ${id} was queued and is not there`),
    ...claims.filter((run) => !ended.has(run)).map((run) => `${run} was claimed and left no trace`),
    ...lastRuns
      .filter((run) => !completed.has(run))
      .map((run) => `${run} completed its task and did not complete itself`),
    ...findUnsettled(history),
  ];
}

/** Runs that completed while nothing was wrong with their process, and were not taken for that. */
function findUnsettled({ processes, attempts, leaseEnds }: ChaosHistory): readonly string[] {
  const ends = new Map(attempts.map((attempt) => [nameOf(attempt), attempt]));
  return processes.flatMap(({ runs, endingAt }) =>
    runs.flatMap((run) => {
      const end = ends.get(nameOf(run));
      if (run.outcome !== "completed" || !end || end.outcome === "completed") return [];
      const isExcused = end.finishedAt > Math.min(endingAt, leaseEndOf(leaseEnds, run.workerId));
      return isExcused ? [] : [`${nameOf(run)} completed and its attempt says ${end.outcome}`];
    }),
  );
}

/** Attempts count what ran and was neither handed back nor lost with its process, unless that was its end. */
function findMiscounted({ tasks, attempts }: ChaosHistory): readonly string[] {
  const own = Map.groupBy(attempts, ({ taskId }) => taskId);
  return tasks.flatMap(({ id, status, reason, attemptCount }) => {
    const counted = (own.get(id) ?? []).filter(
      ({ outcome }) => outcome !== "released" && outcome !== "worker_lost",
    );
    const expected = counted.length + (status === "failed" && reason === "worker_lost" ? 1 : 0);
    return attemptCount === expected || status === "running"
      ? []
      : [`task ${id} counts ${attemptCount} attempts instead of ${expected}`];
  });
}
