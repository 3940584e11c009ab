/** Plays random schedules, one action at a time, on the queue and the model, and compares the two after each. */
import { expect } from "bun:test";
import fc from "fast-check";
import { type Action, anyAction } from "./action.ts";
import { follow } from "./follow.ts";
import { countSeats, getModelTask, type Model, type ModelTask, tasksById } from "./model.ts";
import { type ObservedTask, observe } from "./observe.ts";
import { perform } from "./perform.ts";
import { leaseMs, resetWorld, type World } from "./world.ts";

export interface SequentialOptions {
  readonly seed: number;
  readonly runs: number;
  /** Look for the shortest schedule that fails. */
  readonly shrink: boolean;
  /** Then it gives up: with the shortest found so far, or because it could not play them all. */
  readonly withinMs: number;
}

const maxActions = 60;

/** @throws with the shortest failing schedule it found. The world's clock must be frozen. */
export async function checkSequentially(
  seeded: World,
  { seed, runs, shrink, withinMs }: SequentialOptions,
): Promise<void> {
  const schedules = fc.commands([anyAction.map((action) => new QueueCommand(action))], {
    maxCommands: maxActions,
    size: "max",
  });
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const real = await resetWorld(seeded);
    await fc.asyncModelRun(() => ({ model: modelOf(real), real }), schedule);
  });
  await fc.assert(property, {
    seed,
    numRuns: runs,
    endOnFailure: !shrink,
    interruptAfterTimeLimit: withinMs,
    markInterruptAsFailure: true,
    includeErrorInReport: true,
  });
}

class QueueCommand implements fc.AsyncCommand<Model, World> {
  constructor(private readonly action: Action) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    const seatsBefore = countAllSeats(model);
    follow(model, await perform(world, this.action));
    // Only what an owner held before its cap was lowered may exceed it.
    const mostSeats = new Map(
      [...model.caps].map(([id, cap]) => [id, Math.max(cap, seatsBefore.get(id) ?? 0)]),
    );
    const { tasks, broken } = await observe(world.ctx.db, mostSeats);
    expect(broken).toEqual([]);
    compare(model, tasks);
  }

  toString(): string {
    return JSON.stringify(this.action);
  }
}

function modelOf(world: World): Model {
  return {
    nowMs: 0,
    tasks: new Map(),
    caps: new Map(world.highestCaps),
    leases: new Map(world.workerIds.map((id) => [id, leaseMs])),
    reserved: new Map(),
  };
}

function countAllSeats(model: Model): ReadonlyMap<string, number> {
  return new Map([...model.caps.keys()].map((id) => [id, countSeats(model, id)]));
}

function compare(model: Model, observed: readonly ObservedTask[]): void {
  expect(observed.map(stateOf)).toEqual(tasksById(model).map(stateOf));
  for (const { id, rank, runAfterMs } of observed) {
    Object.assign(getModelTask(model, id), { rank, runAfterMs });
  }
}

function stateOf(task: ObservedTask | ModelTask) {
  const { id, status, placement, stopRequested, attemptCount, lostCount, workerId, fence } = task;
  return { id, status, placement, stopRequested, attemptCount, lostCount, workerId, fence };
}
