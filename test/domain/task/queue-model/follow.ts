/** Lets the model do what was done to the queue, and compares each answer with the one the model gives. */
import { expect } from "bun:test";
import type { Run } from "../../../../src/adapters/postgres/runs.ts";
import type { Stop } from "../../../../src/domain/task/stop-tasks.ts";
import type { QueueSweep } from "../../../../src/domain/task/sweep-queue.ts";
import {
  addTask,
  changeCap,
  completeRuns,
  endRun,
  findStandIn,
  getModelTask,
  holdsLease,
  type Model,
  type ModelTask,
  seatTasks,
  stopModelTask,
  takeReady,
  tasksById,
} from "./model.ts";
import type { Done } from "./perform.ts";
import { leaseMs } from "./world.ts";

export function follow(model: Model, done: Done): void {
  switch (done.done) {
    case "enqueued": {
      const standIn = findStandIn(model, done.task);
      expect([done.created, done.id]).toEqual([standIn === undefined, standIn?.id ?? done.id]);
      if (!standIn) addTask(model, done.id, done.task);
      return;
    }
    case "pushed":
      followPush(model, done);
      return;
    case "exchanged":
      followExchange(model, done);
      return;
    case "settled":
      followEnd(model, done);
      return;
    case "stopped":
      expect(done.ids).toEqual(followStop(model, done.stop));
      return;
    case "cancelled": {
      const task = getModelTask(model, done.taskId);
      const wasRunning = task.status === "running";
      if (isUnfinished(task)) stopModelTask(model, task, "requested");
      expect(done.answer).toBe(wasRunning ? "stopping" : task.status);
      return;
    }
    case "started":
      beginLease(model, done.workerId);
      return;
    case "renewed":
      expect(done.restartedAs === null).toBe(holdsLease(model, done.workerId));
      beginLease(model, done.restartedAs ?? done.workerId);
      return;
    case "outage":
      model.nowMs += leaseMs;
      expect({ ...done.sweep }).toEqual(followSweep(model));
      for (const workerId of done.workerIds) beginLease(model, workerId);
      return;
    case "swept":
      expect({ ...done.sweep }).toEqual(followSweep(model));
      return;
    case "advanced":
      model.nowMs += done.ms;
      return;
    case "capped":
      changeCap(model, done.ownerId, done.maxRunning);
      return;
    case "nothing":
      return;
  }
}

type Of<Kind extends Done["done"]> = Extract<Done, { readonly done: Kind }>;

function followPush(model: Model, { task, answer }: Of<"pushed">): void {
  followStop(model, {
    pullRequestIds: [task.pullRequestId],
    reason: "new_head",
    keep: { headSha: task.headSha },
    automaticOnly: true,
  });
  const standIn = findStandIn(model, task);
  if (!standIn) {
    expect([answer.outcome, answer.reason]).toEqual(["queued", "new_task"]);
    addTask(model, answer.taskId, task);
    return;
  }
  expect(answer.taskId).toBe(standIn.id);
  const goesOn = standIn.stopRequested !== null && standIn.stopRequested !== "requested";
  if (goesOn) standIn.stopRequested = null;
  expect(answer.outcome).toBe(goesOn ? "queued" : "ignored");
}

function followEnd(model: Model, { run, outcome, status }: Of<"settled">): void {
  const task = getModelTask(model, run.taskId);
  const speaks = outcome.kind === "lost" ? !model.leases.has(run.workerId) : holdsLease(model, run.workerId);
  expect(status).toBe(isRunOf(task, run) && speaks ? endRun(model, task, outcome) : null);
}

function followExchange(model: Model, done: Of<"exchanged">): void {
  const { workerId, limit } = done;
  const mayAct = holdsLease(model, workerId);
  const ending = done.completed
    .filter((run) => isRunOf(getModelTask(model, run.taskId), run))
    .map(({ taskId }) => getModelTask(model, taskId));
  if (mayAct) completeRuns(model, ending);
  expect(inOrder(done.settled)).toEqual(mayAct ? inOrder(ending.map(({ id }) => id)) : []);
  const expected = mayAct && limit > 0 ? takeReady(model, done) : [];
  for (const task of expected) {
    Object.assign(task, { status: "running", placement: null, workerId, runAfterMs: null });
    task.attemptCount++;
    task.fence++;
  }
  expect(inOrder(done.claimed.map(({ taskId, fence }) => `${taskId} ${fence}`))).toEqual(
    inOrder(expected.map(({ id, fence }) => `${id} ${fence}`)),
  );
}

function inOrder(ids: readonly string[]): readonly string[] {
  return [...ids].sort();
}

function isRunOf(task: ModelTask, run: Run): boolean {
  return task.workerId === run.workerId && task.fence === run.fence;
}

function followStop(model: Model, stop: Stop): readonly string[] {
  const concerned = tasksById(model).filter(
    (task) =>
      stop.pullRequestIds.includes(task.pullRequestId) &&
      isUnfinished(task) &&
      (task.automatic || !stop.automaticOnly) &&
      task.headSha !== stop.keep?.headSha,
  );
  for (const task of concerned) stopModelTask(model, task, stop.reason);
  return concerned.map(({ id }) => id);
}

function followSweep(model: Model): Record<keyof QueueSweep, number> {
  const lapsed = [...model.leases.keys()].filter((workerId) => !holdsLease(model, workerId));
  for (const workerId of lapsed) model.leases.delete(workerId);
  const lost = tasksById(model).filter(({ workerId }) => workerId !== null && !model.leases.has(workerId));
  for (const task of lost) endRun(model, task, { kind: "lost" });
  const due = tasksById(model)
    .filter((task) => task.placement === "delayed" && (task.runAfterMs ?? 0) <= model.nowMs)
    .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
  for (const task of due) {
    task.placement = task.forge ? "held" : "waiting";
    seatTasks(model);
  }
  return { expiredWorkers: lapsed.length, lostTasks: lost.length, dueTasks: due.length };
}

function beginLease(model: Model, workerId: string): void {
  model.leases.set(workerId, model.nowMs + leaseMs);
}

function isUnfinished({ status }: ModelTask): boolean {
  return status === "pending" || status === "running";
}
