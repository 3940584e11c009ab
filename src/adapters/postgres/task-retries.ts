/** A task that is over and is to be done after all: its row goes back to pending, and what it was to write is open again. */
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { Installation } from "./installations.ts";
import type { Owner } from "./owners.ts";
import type { Payloads } from "./publications.ts";
import type { PullRequest } from "./pull-requests.ts";
import type { Repository } from "./repositories.ts";
import { installations, owners, publications, pullRequests, repositories, tasks } from "./schema.ts";
import { lockPlaces, releaseSeat } from "./seats.ts";
import type { Task } from "./tasks.ts";

export interface TaskToRetry {
  readonly task: Task;
  readonly pullRequest: PullRequest;
  readonly reviewMode: Repository["reviewMode"];
  /** Null: the App is not installed there. */
  readonly installation: Installation["status"] | null;
  readonly plan: Owner["plan"];
}

/**
 * The task with what decides whether it may be retried, all of it held until the transaction ends: whoever ends the
 * work there waits, and finds the task. Null: there is no such task.
 */
export async function lockTaskToRetry(tx: Tx, taskId: string): Promise<TaskToRetry | null> {
  const { ownerId, repositoryId, pullRequestId } = tasks;
  const isTask = eq(tasks.id, taskId);
  const [place] = await tx.select({ ownerId, repositoryId, pullRequestId }).from(tasks).where(isTask);
  if (!place) return null;
  const { id } = repositories;
  await tx.select({ id }).from(repositories).where(eq(id, place.repositoryId)).for("share");
  await lockPlaces(tx, { pullRequestIds: [place.pullRequestId], ownerIds: [place.ownerId] });
  const [found] = await tx
    .select({
      task: tasks,
      pullRequest: pullRequests,
      reviewMode: repositories.reviewMode,
      installation: installations.status,
      plan: owners.plan,
    })
    .from(tasks)
    .innerJoin(pullRequests, eq(pullRequests.id, pullRequestId))
    .innerJoin(repositories, eq(id, repositoryId))
    .leftJoin(installations, eq(installations.id, repositories.installationId))
    .innerJoin(owners, eq(owners.id, ownerId))
    .where(isTask);
  return found ?? null;
}

/** False: it is pending or running, for it was retried. Holds while the pull request is locked. */
export async function isTaskOver(tx: Tx, taskId: string): Promise<boolean> {
  const isUnfinished = and(eq(tasks.id, taskId), inArray(tasks.status, ["pending", "running"]));
  return (await tx.select({ id: tasks.id }).from(tasks).where(isUnfinished)).length === 0;
}

/** What stands in for the task by now: another one of its head and base that is not over, or completed since. */
export async function findStandIn(tx: Tx, task: Task): Promise<Pick<Task, "id" | "status"> | null> {
  const [row] = await tx
    .select({ id: tasks.id, status: tasks.status })
    .from(tasks)
    .where(
      sql`repository_id = ${task.repositoryId} and pull_request_id = ${task.pullRequestId}
        and head_sha = ${task.headSha} and base_ref = ${task.baseRef} and id <> ${task.id}
        and (status in ('pending', 'running') or status = 'completed'
          and finished_at > (select finished_at from tasks where id = ${task.id}))`,
    )
    .orderBy(tasks.id)
    .limit(1);
  return row ?? null;
}

/**
 * Puts a failed or cancelled task back into the queue with all its attempts, and places it. False: it is neither any
 * more. The caller has locked its pull request and its owner, and may want another output mode for it.
 */
export async function requeueTask(
  tx: Tx,
  { id, ownerId, pullRequestId, outputMode }: Task,
  { priority }: Pick<Task, "priority">,
): Promise<boolean> {
  const isHeld = sql`${outputMode} = 'forge' and is_pull_request_busy(${pullRequestId}::uuid)`;
  const requeued = await tx
    .update(tasks)
    .set({
      status: "pending",
      placement: sql`case when ${isHeld} then 'held'::task_placement else 'waiting' end`,
      outputMode,
      reason: "retry",
      priority,
      attemptCount: 0,
      lostCount: 0,
      finishedAt: null,
    })
    .where(and(eq(tasks.id, id), inArray(tasks.status, ["failed", "cancelled"])))
    .returning({ id: tasks.id });
  if (requeued.length === 0) return false;
  // It gives nothing back, but the owner may have a seat for it.
  await releaseSeat(tx, { ownerId, seatRank: null, pullRequestId: null });
  return true;
}

/** Only a task that publishes has something to write. */
const publishes = sql`exists (select from tasks where tasks.id = ${publications.taskId} and output_mode = 'forge')`;

/** What was started before it was given up is looked for before it is written again. */
const openState = sql`case when ${publications.attemptedAt} is null then 'intended' else 'uncertain' end`;

/**
 * Opens the task's review, its summary and what it says of threads again where they were given up. A review that the forge refused as a whole stays
 * so: its findings are in the summary.
 */
export async function reopenWrites(tx: Tx, taskId: string): Promise<void> {
  await tx
    .update(publications)
    .set({ state: openState, error: null, runAfter: null })
    .where(
      sql`${publications.taskId} = ${taskId} and ${publications.state} in ('abandoned', 'failed') and ${publishes}
        and (${publications.kind} in ('summary', 'thread') or ${publications.kind} = 'review' and exists
          (select from findings where findings.task_id = ${taskId} and disposition = 'inline'))`,
    );
}

/** Gives the task's check something new to say, whatever became of the last. */
export async function reopenCheck(
  tx: Tx,
  { id, payload }: { readonly id: string; readonly payload: Payloads["check"] },
): Promise<void> {
  const wasPosted = sql`${publications.state} = 'posted'`;
  await tx
    .update(publications)
    .set({
      payload,
      state: sql`case when ${wasPosted} then 'intended' else ${openState} end`,
      attemptedAt: sql`case when ${wasPosted} then null else ${publications.attemptedAt} end`,
      error: null,
      runAfter: null,
    })
    .where(sql`${publications.id} = ${id} and ${publishes}`);
}
