/** The tasks table as a queue: what puts a row in, takes it out, and changes its state, each guarded. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { tasks } from "./schema.ts";
import { lockPlaces, releaseSeat, uuidArray, wakeDispatchers } from "./seats.ts";
import { storableJson } from "./storable-json.ts";

export type Task = typeof tasks.$inferSelect;
export type TaskStatus = Task["status"];
export type TaskReason = NonNullable<Task["reason"]>;
/** Why unfinished work shall stop. */
export type StopReason = NonNullable<Task["stopRequested"]>;
export const stopReasons: readonly StopReason[] = tasks.stopRequested.enumValues;
export type SkipReason = Extract<
  TaskReason,
  | "draft"
  | "bot_author"
  | "label_missing"
  | "label_excluded"
  | "repository_off"
  | "plan_blocked"
  | "fork_policy"
  | "disabled"
  | "paused"
  | "author_limit"
>;

export interface NewTask {
  readonly ownerId: string;
  readonly repositoryId: string;
  readonly pullRequestId: string;
  readonly trigger: Task["trigger"];
  readonly outputMode: Task["outputMode"];
  readonly headSha: string;
  readonly baseRef: string;
  /** Smaller goes first within one owner. */
  readonly priority: number;
  readonly maxAttempts: number;
  readonly createdBy: string | null;
  /** What its run shall use; empty unless a task before it is repeated. */
  readonly config?: Task["config"];
  /** What of the diff is commented; `changes` unless a person asked for all of it. */
  readonly scope?: Task["scope"];
}

/** `created` is false where the row was there already; `id` is that row's then. */
export interface Inserted {
  readonly id: string;
  readonly created: boolean;
}

/**
 * Queues a task and places it, in one statement, and wakes dispatchers when it is ready. An automatic task for the same
 * head and base that is not over stands in for it.
 */
export async function insertTask(db: Db | Tx, task: NewTask): Promise<Inserted> {
  // Quoted into the text, as in exchangeRuns: parameters would cost a second round trip.
  const call = sql`
    select task_id as id, created from enqueue_task(${Bun.randomUUIDv7()}::uuid, ${task.ownerId}::uuid,
      ${task.repositoryId}::uuid, ${task.pullRequestId}::uuid, ${task.trigger}::task_trigger,
      ${task.outputMode}::task_output_mode, ${task.headSha}, ${task.baseRef}, ${task.priority}::smallint,
      ${task.maxAttempts}::smallint, ${task.createdBy}, ${storableJson(task.config ?? {})}::jsonb,
      ${task.scope ?? "changes"}::task_scope)`;
  const [inserted] = await db.execute<{ id: string; created: boolean }>(call.inlineParams());
  if (!inserted) throw new Error("enqueue_task gave no answer");
  return inserted;
}

/** Records that a head was not reviewed, and why, as a task that ends where it begins. */
export async function insertSkippedTask(tx: Tx, task: NewTask, reason: SkipReason): Promise<Inserted> {
  const [row] = await tx
    .insert(tasks)
    .values({
      ...task,
      id: Bun.randomUUIDv7(),
      status: "skipped",
      reason,
      finishedAt: sql`reviewd_now()`,
    })
    .onConflictDoNothing()
    .returning({ id: tasks.id });
  if (row) return { id: row.id, created: true };
  const existing = sameHead(task, sql`status = 'skipped' and reason = ${reason}`);
  return { id: await getTaskId(tx, existing), created: false };
}

/** How a task leaves ready, waiting, held, delayed or running. `delayMs` set: pending, but not before then. */
export type Transition =
  | { readonly to: "pending"; readonly reason: TaskReason; readonly delayMs: number | null }
  | { readonly to: Exclude<TaskStatus, "pending" | "running" | "completed">; readonly reason: TaskReason };

export interface Move {
  readonly transition: Transition;
  readonly attemptCount: number;
  readonly lostCount: number;
  readonly error: string | null;
}

/**
 * Changes a locked task's state and passes on what it held. `former` is the row as lockTask and its like gave it. What
 * goes back to pending at once keeps its pull request, and its seat and rank as well unless the owner has fewer by now.
 */
export async function moveTask(tx: Tx, former: Task, move: Move): Promise<void> {
  const { transition } = move;
  if (transition.to === "pending" && transition.delayMs === null) return await handBack(tx, former, move);
  await tx
    .update(tasks)
    .set({
      ...ended(move),
      placement: transition.to === "pending" ? "delayed" : null,
      runAfter:
        transition.to === "pending"
          ? sql`reviewd_now() + ${transition.delayMs}::float8 * interval '1 millisecond'`
          : null,
      finishedAt: transition.to === "pending" ? null : sql`reviewd_now()`,
    })
    .where(eq(tasks.id, former.id));
  await releaseSeat(tx, {
    ownerId: former.ownerId,
    seatRank: holdsSeat(former) ? former.rank : null,
    pullRequestId: holdsPullRequest(former) ? former.pullRequestId : null,
  });
}

async function handBack(tx: Tx, former: Task, move: Move): Promise<void> {
  const isOverCap = sql`(select seats_in_use > max_running from owners where id = ${former.ownerId})`;
  const [row] = await tx
    .update(tasks)
    .set({
      ...ended(move),
      placement: sql`case when ${isOverCap} then 'waiting' else 'ready' end::task_placement`,
    })
    .where(eq(tasks.id, former.id))
    .returning({ placement: tasks.placement });
  if (row?.placement === "ready") return await wakeDispatchers(tx);
  await releaseSeat(tx, { ownerId: former.ownerId, seatRank: former.rank, pullRequestId: null });
}

function ended({ transition, attemptCount, lostCount, error }: Move) {
  return {
    status: transition.to,
    reason: transition.reason,
    error,
    attemptCount,
    lostCount,
    workerId: null,
    stopRequested: null,
  };
}

/**
 * Ends the attempt of a running task that shall stop when its worker notices; it keeps its seat until then. The first
 * reason stays, unless a person asks: only that is never withdrawn.
 */
export async function requestStop(tx: Tx, taskId: string, reason: StopReason): Promise<void> {
  const stopRequested = reason === "requested" ? reason : sql`coalesce(${tasks.stopRequested}, ${reason})`;
  await tx
    .update(tasks)
    .set({ stopRequested })
    .where(and(eq(tasks.id, taskId), eq(tasks.status, "running")));
}

/**
 * Lets a running task go on that was told to stop because of its pull request, whose state is what it was again.
 * False: nothing told it to, or a person did.
 */
export async function withdrawStop(tx: Tx, taskId: string): Promise<boolean> {
  const withdrawn = await tx
    .update(tasks)
    .set({ stopRequested: null })
    .where(and(eq(tasks.id, taskId), eq(tasks.status, "running"), sql`stop_requested <> 'requested'`))
    .returning({ id: tasks.id });
  return withdrawn.length > 0;
}

/** A task of this head and base that is not over and may go on, if there is one. */
export async function findUnfinishedTask(
  tx: Tx,
  of: Pick<Task, "pullRequestId" | "headSha" | "baseRef">,
): Promise<Pick<Task, "id" | "status" | "scope"> | null> {
  const [row] = await tx
    .select({ id: tasks.id, status: tasks.status, scope: tasks.scope })
    .from(tasks)
    .where(
      and(
        eq(tasks.pullRequestId, of.pullRequestId),
        eq(tasks.headSha, of.headSha),
        eq(tasks.baseRef, of.baseRef),
        sql`status in ('pending', 'running') and stop_requested is null`,
      ),
    )
    .orderBy(sql`${tasks.scope} desc`, tasks.id)
    .limit(1);
  return row ?? null;
}

export async function getTaskStatus(tx: Tx, taskId: string): Promise<TaskStatus> {
  const [row] = await tx.select({ status: tasks.status }).from(tasks).where(eq(tasks.id, taskId));
  if (!row) throw new Error(`there is no task ${taskId}`);
  return row.status;
}

/** Ids of unfinished tasks of these pull requests, locked in order; the caller has called lockPlaces. */
export async function lockUnfinishedTasks(
  tx: Tx,
  pullRequestIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx
    .select({ id: tasks.id })
    .from(tasks)
    .where(sql`pull_request_id = any(${uuidArray(pullRequestIds)}) and status in ('pending', 'running')`)
    .orderBy(tasks.id)
    .for("no key update");
  return rows.map(({ id }) => id);
}

/** One task with its pull request and owners locked; null when there is none with this id. */
export async function lockTask(tx: Tx, taskId: string): Promise<Task | null> {
  const [place] = await tx
    .select({ pullRequestId: tasks.pullRequestId })
    .from(tasks)
    .where(eq(tasks.id, taskId));
  if (!place) return null;
  await lockPlaces(tx, { pullRequestIds: [place.pullRequestId] });
  const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId)).for("no key update");
  return task ?? null;
}

function holdsSeat(task: Task): boolean {
  return task.status === "running" || task.placement === "ready";
}

function holdsPullRequest(task: Task): boolean {
  return task.outputMode === "forge" && (holdsSeat(task) || task.placement === "waiting");
}

async function getTaskId(tx: Tx, condition: SQL): Promise<string> {
  const [row] = await tx.select({ id: tasks.id }).from(tasks).where(condition).limit(1);
  if (!row) throw new Error("a task that made an insert conflict is gone");
  return row.id;
}

function sameHead(task: NewTask, condition: SQL): SQL {
  return sql`pull_request_id = ${task.pullRequestId} and head_sha = ${task.headSha} and base_ref = ${task.baseRef} and ${condition}`;
}
