/** Does an action to the real queue and tells what was done and answered, in words a model can follow. */
import { sql } from "drizzle-orm";
import type { ClaimedTask, Run } from "../../../../src/adapters/postgres/runs.ts";
import { changeCapacity, lockPlaces } from "../../../../src/adapters/postgres/seats.ts";
import { insertTask, type NewTask, type TaskStatus } from "../../../../src/adapters/postgres/tasks.ts";
import { renewWorker } from "../../../../src/adapters/postgres/workers.ts";
import { type RequestedReview, requestReview } from "../../../../src/domain/task/request-review.ts";
import type { RunOutcome } from "../../../../src/domain/task/settlement.ts";
import { cancelTask, type Stop, stopTasks } from "../../../../src/domain/task/stop-tasks.ts";
import { type QueueSweep, sweepQueue } from "../../../../src/domain/task/sweep-queue.ts";
import { newTask } from "../../../support/seed.ts";
import type { Action } from "./action.ts";
import { leaseMs, startWorker, type World } from "./world.ts";

export type Done =
  | { readonly done: "enqueued"; readonly task: NewTask; readonly id: string; readonly created: boolean }
  | { readonly done: "pushed"; readonly task: NewTask; readonly answer: RequestedReview }
  | {
      readonly done: "exchanged";
      readonly workerId: string;
      readonly completed: readonly Run[];
      readonly limit: number;
      readonly isIdle: boolean;
      readonly settled: readonly string[];
      readonly claimed: readonly ClaimedTask[];
    }
  | {
      readonly done: "settled";
      readonly run: Run;
      readonly outcome: RunOutcome;
      readonly status: TaskStatus | null;
    }
  | { readonly done: "stopped"; readonly stop: Stop; readonly ids: readonly string[] }
  | { readonly done: "cancelled"; readonly taskId: string; readonly answer: TaskStatus | "stopping" | null }
  | { readonly done: "started"; readonly workerId: string }
  | { readonly done: "renewed"; readonly workerId: string; readonly restartedAs: string | null }
  | { readonly done: "outage"; readonly sweep: QueueSweep; readonly workerIds: readonly string[] }
  | { readonly done: "swept"; readonly sweep: QueueSweep }
  | { readonly done: "advanced"; readonly ms: number }
  | { readonly done: "capped"; readonly ownerId: string; readonly maxRunning: number }
  /** There was nothing to do it to. */
  | { readonly done: "nothing" };

export async function perform(world: World, action: Action): Promise<Done> {
  switch (action.do) {
    case "enqueue":
      return await enqueue(world, action);
    case "push":
      return await push(world, action);
    case "exchange":
      return await exchange(world, action);
    case "settle":
      return await settle(world, action);
    case "stop":
      return await stop(world, action);
    case "cancel":
      return await cancel(world, action.task);
    case "crash":
      return { done: "started", workerId: await replaceWorker(world, action.worker) };
    case "renew":
      return await renew(world, action.worker);
    case "outage":
      return await outage(world);
    case "sweep":
      return { done: "swept", sweep: await sweepQueue(world.ctx) };
    case "advance":
      return await advance(world, action.ms);
    case "cap":
      return await cap(world, at(world.owners, action.owner), action.maxRunning);
  }
}

type Of<Kind extends Action["do"]> = Extract<Action, { readonly do: Kind }>;

async function enqueue(world: World, action: Of<"enqueue">): Promise<Done> {
  const pullRequest = at(world.pullRequests, action.pullRequest);
  const task = newTask(pullRequest, {
    ownerId: action.owner === null ? pullRequest.ownerId : at(world.owners, action.owner),
    trigger: action.automatic ? "sweep" : "manual",
    outputMode: action.app ? "app" : "forge",
    headSha: headSha(action.head),
    priority: action.priority,
    maxAttempts: action.maxAttempts,
  });
  const inserted = await world.ctx.db.transaction((tx) => insertTask(tx, task));
  if (inserted.created) world.taskIds.push(inserted.id);
  return { done: "enqueued", task, ...inserted };
}

/** As a webhook's intake does it: pull request and owner are locked, then the review is asked for. */
async function push(world: World, action: Of<"push">): Promise<Done> {
  const place = at(world.pullRequests, action.pullRequest);
  const task = newTask(place, { trigger: "webhook", headSha: headSha(action.head) });
  const answer = await world.ctx.db.transaction(async (tx) => {
    await lockPlaces(tx, { pullRequestIds: [place.pullRequestId], ownerIds: [place.ownerId] });
    return await requestReview(tx, {
      repository: { id: place.repositoryId, reviewMode: "on" },
      pullRequest: {
        id: place.pullRequestId,
        headSha: task.headSha,
        baseRef: task.baseRef,
        draft: false,
        authorIsBot: false,
        authorExternalId: null,
        labels: [],
        fromFork: false,
        pausedAt: null,
      },
      owner: { id: place.ownerId, plan: "active" },
      trigger: "webhook",
      maxAttempts: task.maxAttempts,
    });
  });
  if (answer.reason === "new_task") world.taskIds.push(answer.taskId);
  return { done: "pushed", task, answer };
}

async function exchange(world: World, { worker, limit, isIdle, ...action }: Of<"exchange">): Promise<Done> {
  const workerId = at(world.workerIds, worker);
  const completed = (action.late ? world.closed : world.open)
    .filter((run) => run.workerId === workerId)
    .slice(0, action.completed)
    .map((run) => ({ ...run, reason: "reviewed" as const }));
  if (!action.late) {
    for (const { taskId, fence } of completed) {
      const index = world.open.findIndex((run) => run.taskId === taskId && run.fence === fence);
      world.closed.push(...world.open.splice(index, 1));
    }
  }
  const { settled, claimed } = await world.queue.exchangeRuns(world.ctx.db, {
    workerId,
    completed,
    limit,
    isIdle,
    fromRank: 0,
  });
  world.open.push(...claimed);
  return { done: "exchanged", workerId, completed, limit, isIdle, settled, claimed };
}

async function settle(world: World, { run: pick, late, outcome }: Of<"settle">): Promise<Done> {
  const from = (late && world.closed.length > 0) || world.open.length === 0 ? world.closed : world.open;
  if (from.length === 0) return { done: "nothing" };
  const run = at(from, pick);
  if (from === world.open) world.closed.push(...world.open.splice(pick % world.open.length, 1));
  const status = await world.queue.endRun(world.ctx, run, outcome);
  return { done: "settled", run, outcome, status };
}

async function stop(world: World, action: Of<"stop">): Promise<Done> {
  const stopping: Stop = {
    pullRequestIds: action.pullRequests.map((n) => at(world.pullRequests, n).pullRequestId),
    reason: action.reason,
    automaticOnly: action.automaticOnly,
    ...(action.keepHead === null ? {} : { keep: { headSha: headSha(action.keepHead) } }),
  };
  const ids = await world.ctx.db.transaction((tx) => stopTasks(tx, stopping));
  return { done: "stopped", stop: stopping, ids };
}

async function cancel(world: World, pick: number): Promise<Done> {
  if (world.taskIds.length === 0) return { done: "nothing" };
  const taskId = at(world.taskIds, pick);
  return { done: "cancelled", taskId, answer: await cancelTask(world.ctx, taskId) };
}

async function renew(world: World, worker: number): Promise<Done> {
  const workerId = at(world.workerIds, worker);
  const renewed = await renewWorker(world.ctx.db, { id: workerId, leaseMs });
  return { done: "renewed", workerId, restartedAs: renewed ? null : await replaceWorker(world, worker) };
}

async function outage(world: World): Promise<Done> {
  await advance(world, leaseMs);
  const sweep = await sweepQueue(world.ctx);
  for (const worker of world.workerIds.keys()) await replaceWorker(world, worker);
  return { done: "outage", sweep, workerIds: [...world.workerIds] };
}

async function replaceWorker({ ctx, workerIds }: World, worker: number): Promise<string> {
  const workerId = await startWorker(ctx.db);
  workerIds[worker % workerIds.length] = workerId;
  return workerId;
}

async function advance({ ctx }: World, ms: number): Promise<Done> {
  await ctx.db.execute(sql`update clock set shift = shift + ${ms}::float8 * interval '1 millisecond'`);
  return { done: "advanced", ms };
}

async function cap({ ctx, highestCaps }: World, ownerId: string, maxRunning: number): Promise<Done> {
  highestCaps.set(ownerId, Math.max(maxRunning, highestCaps.get(ownerId) ?? 0));
  await changeCapacity(ctx.db, ownerId, { maxRunning, weight: 1 });
  return { done: "capped", ownerId, maxRunning };
}

function headSha(head: number): string {
  return `${head}`.repeat(40);
}

function at<T>(items: readonly T[], pick: number): T {
  const item = items[pick % items.length];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}
