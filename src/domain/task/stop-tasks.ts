/** Ends unfinished work: pending tasks at once, running ones when their worker sees it. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { lockPlaces } from "../../adapters/postgres/seats.ts";
import {
  lockTask,
  lockUnfinishedTasks,
  moveTask,
  requestStop,
  type StopReason,
  type Task,
} from "../../adapters/postgres/tasks.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { intendCheckClosure } from "../review/intend-check-closure.ts";
import { statusAfterStop } from "./settlement.ts";

export interface Stop {
  readonly pullRequestIds: readonly string[];
  /** Only tasks of these; unless given, everybody's. */
  readonly ownerIds?: readonly string[];
  readonly reason: StopReason;
  /** Tasks of this head go on; where a base is given, only those of this base, too. */
  readonly keep?: { readonly headSha: string; readonly baseRef?: string };
  /** Leave out what a person asked for. */
  readonly automaticOnly: boolean;
}

/** Stops what is unfinished on these pull requests, locking them first. Returns the ids of the tasks it stopped. */
export async function stopTasks(tx: Tx, stop: Stop): Promise<readonly string[]> {
  await lockPlaces(tx, { pullRequestIds: stop.pullRequestIds });
  const stopped: string[] = [];
  for (const id of await lockUnfinishedTasks(tx, stop.pullRequestIds)) {
    // Read one by one: stopping one may have given its seat to the next.
    const task = await lockTask(tx, id);
    if (!task || !concerns(stop, task)) continue;
    await stopTask(tx, task, stop.reason);
    stopped.push(id);
  }
  return stopped;
}

/** Cancels one task; cancelling twice, or what is over, changes nothing. Null: there is no such task. */
export async function cancelTask(
  { db }: Context,
  taskId: string,
): Promise<"stopping" | Task["status"] | null> {
  return await inTransaction(db, async (tx) => {
    const task = await lockTask(tx, taskId);
    if (!task) return null;
    if (task.status !== "pending" && task.status !== "running") return task.status;
    await stopTask(tx, task, "requested");
    return task.status === "running" ? "stopping" : "cancelled";
  });
}

function concerns({ ownerIds, keep, automaticOnly }: Stop, task: Task): boolean {
  if (ownerIds && !ownerIds.includes(task.ownerId)) return false;
  if (automaticOnly && task.trigger !== "webhook" && task.trigger !== "sweep") return false;
  if (!keep || task.headSha !== keep.headSha) return true;
  return keep.baseRef !== undefined && task.baseRef !== keep.baseRef;
}

async function stopTask(tx: Tx, task: Task, reason: StopReason): Promise<void> {
  if (task.status === "running") return await requestStop(tx, task.id, reason);
  const status = statusAfterStop(reason);
  const { attemptCount, lostCount } = task;
  await moveTask(tx, task, {
    transition: { to: status, reason },
    attemptCount,
    lostCount,
    error: null,
  });
  await intendCheckClosure(tx, { taskId: task.id, status, reason });
}
