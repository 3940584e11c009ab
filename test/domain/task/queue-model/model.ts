/** The queue as it should be, small enough to be seen to be right: no locks, no seats kept, all counted anew. */
import type { NewTask, StopReason, Task, TaskStatus } from "../../../../src/adapters/postgres/tasks.ts";
import type { RunOutcome, UnfinishedOutcome } from "../../../../src/domain/task/settlement.ts";

export interface ModelTask extends Pick<NewTask, "ownerId" | "pullRequestId" | "headSha" | "priority"> {
  readonly id: string;
  readonly automatic: boolean;
  readonly forge: boolean;
  readonly maxAttempts: number;
  status: TaskStatus;
  placement: Task["placement"];
  stopRequested: StopReason | null;
  attemptCount: number;
  lostCount: number;
  workerId: string | null;
  fence: number;
  /** Both as the database chose them: how far retries spread and ranks differ is not the model's to say. */
  rank: number | null;
  runAfterMs: number | null;
}

export interface Model {
  nowMs: number;
  /** By id, which is also the order of their creation. */
  readonly tasks: Map<string, ModelTask>;
  readonly caps: Map<string, number>;
  /** When each worker's lease ends; swept ones are gone. */
  readonly leases: Map<string, number>;
  /** The task lost twice that a worker waits to run alone. */
  readonly reserved: Map<string, string>;
}

export function getModelTask(model: Model, id: string): ModelTask {
  const task = model.tasks.get(id);
  if (!task) throw new Error(`the model knows no task ${id}`);
  return task;
}

export function tasksById(model: Model): readonly ModelTask[] {
  return [...model.tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function addTask(model: Model, id: string, task: NewTask): void {
  const { ownerId, pullRequestId, headSha, priority, maxAttempts } = task;
  model.tasks.set(id, {
    ...{ id, ownerId, pullRequestId, headSha, priority, maxAttempts },
    automatic: isAutomatic(task),
    forge: task.outputMode === "forge",
    status: "pending",
    placement: task.outputMode === "forge" ? "held" : "waiting",
    stopRequested: null,
    attemptCount: 0,
    lostCount: 0,
    workerId: null,
    fence: 0,
    rank: null,
    runAfterMs: null,
  });
  seatTasks(model);
}

/** The automatic task that makes another one of the same head needless. */
export function findStandIn(model: Model, task: NewTask): ModelTask | undefined {
  if (!isAutomatic(task)) return undefined;
  return [...model.tasks.values()].find(
    (other) =>
      other.automatic &&
      other.pullRequestId === task.pullRequestId &&
      other.headSha === task.headSha &&
      ["pending", "running", "completed"].includes(other.status),
  );
}

function isAutomatic({ trigger }: NewTask): boolean {
  return trigger === "webhook" || trigger === "sweep";
}

/** The whole rule: a free pull request takes its most urgent held task, a free seat its owner's most urgent waiting. */
export function seatTasks(model: Model): void {
  const byUrgency = [...model.tasks.values()].sort(
    (a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1),
  );
  for (const task of byUrgency) {
    if (task.placement === "held" && !hasPublisher(model, task.pullRequestId)) task.placement = "waiting";
  }
  for (const task of byUrgency) {
    const hasFreeSeat = countSeats(model, task.ownerId) < (model.caps.get(task.ownerId) ?? 0);
    if (task.placement === "waiting" && hasFreeSeat) task.placement = "ready";
  }
}

export function countSeats(model: Model, ownerId: string): number {
  const holdsSeat = (task: ModelTask) => task.status === "running" || task.placement === "ready";
  return [...model.tasks.values()].filter((task) => task.ownerId === ownerId && holdsSeat(task)).length;
}

function hasPublisher(model: Model, pullRequestId: string): boolean {
  return [...model.tasks.values()].some(
    (task) =>
      task.forge &&
      task.pullRequestId === pullRequestId &&
      (task.status === "running" || task.placement === "ready" || task.placement === "waiting"),
  );
}

/**
 * The ready tasks a worker takes, in order of rank. One lost twice goes first and alone: who finds it busy reserves it,
 * unless another live worker has, and takes nothing until it is idle.
 */
export function takeReady(
  model: Model,
  claim: { readonly workerId: string; readonly limit: number; readonly isIdle: boolean },
): readonly ModelTask[] {
  const ready = [...model.tasks.values()]
    .filter(({ placement }) => placement === "ready")
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || (a.id < b.id ? -1 : 1));
  const own = model.reserved.get(claim.workerId);
  const others = new Set(
    [...model.reserved]
      .filter(([id]) => id !== claim.workerId && holdsLease(model, id))
      .map(([, task]) => task),
  );
  const suspects = ready.filter(({ id, lostCount }) => lostCount >= 2 && (id === own || !others.has(id)));
  const suspect = suspects.find(({ id }) => id === own) ?? suspects[0];
  if (!suspect) {
    model.reserved.delete(claim.workerId);
    return ready.filter(({ lostCount }) => lostCount < 2).slice(0, claim.limit);
  }
  model.reserved.set(claim.workerId, suspect.id);
  return claim.isIdle ? [suspect] : [];
}

export function holdsLease(model: Model, workerId: string): boolean {
  return (model.leases.get(workerId) ?? 0) > model.nowMs;
}

/** Of a lowered cap, ready tasks above it wait again, the last in turn first. */
export function changeCap(model: Model, ownerId: string, maxRunning: number): void {
  model.caps.set(ownerId, maxRunning);
  const ready = [...model.tasks.values()]
    .filter((task) => task.ownerId === ownerId && task.placement === "ready")
    .sort((a, b) => (b.rank ?? 0) - (a.rank ?? 0) || (a.id < b.id ? 1 : -1));
  for (const task of ready) if (countSeats(model, ownerId) > maxRunning) task.placement = "waiting";
  seatTasks(model);
}

/** Completed runs leave together: who gets their seats is decided when all are free. */
export function completeRuns(model: Model, tasks: readonly ModelTask[]): void {
  for (const task of tasks) {
    task.workerId = null;
    task.stopRequested = null;
    leave(task, "completed", null);
  }
  seatTasks(model);
}

/** What an ending run makes of its task. */
export function endRun(model: Model, task: ModelTask, outcome: RunOutcome): TaskStatus {
  const { stopRequested } = task;
  if (outcome.kind === "completed") {
    completeRuns(model, [task]);
    return task.status;
  }
  const isOverCap = countSeats(model, task.ownerId) > (model.caps.get(task.ownerId) ?? 0);
  task.workerId = null;
  task.stopRequested = null;
  if (stopRequested !== null) leave(task, statusWhenStopped(stopRequested), null);
  else endUnstopped(task, outcome, isOverCap);
  seatTasks(model);
  return task.status;
}

function endUnstopped(task: ModelTask, outcome: UnfinishedOutcome, isOverCap: boolean): void {
  switch (outcome.kind) {
    case "failed":
    case "skipped":
    case "superseded":
      leave(task, outcome.kind, null);
      return;
    case "retry": {
      const isExhausted = outcome.reason === "retry" && task.attemptCount === task.maxAttempts;
      if (outcome.reason === "content_budget") task.attemptCount--;
      leave(task, isExhausted ? "failed" : "pending", isExhausted ? null : "delayed");
      return;
    }
    case "lost":
      task.lostCount++;
      if (task.lostCount === 3) leave(task, "failed", null);
      else handBack(task, isOverCap);
      return;
    case "stopped":
    case "released":
      handBack(task, isOverCap);
  }
}

/** It keeps its pull request, and its seat unless its owner has fewer by now. */
function handBack(task: ModelTask, isOverCap: boolean): void {
  task.attemptCount--;
  leave(task, "pending", isOverCap ? "waiting" : "ready");
}

export function stopModelTask(model: Model, task: ModelTask, reason: StopReason): void {
  // The first reason stays, but what a person asked for is never taken back.
  if (task.status === "running") {
    task.stopRequested = reason === "requested" ? reason : (task.stopRequested ?? reason);
  } else leave(task, statusWhenStopped(reason), null);
  seatTasks(model);
}

function statusWhenStopped(reason: StopReason): TaskStatus {
  return reason === "new_head" ? "superseded" : "cancelled";
}

function leave(task: ModelTask, status: TaskStatus, placement: Task["placement"]): void {
  task.status = status;
  task.placement = placement;
}
