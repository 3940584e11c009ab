/** The tasks table as a queue: what puts a row in, takes it out, and changes its state, each guarded. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { tasks } from "./schema.ts";
import { lockPlaces, placeTask, releaseSeat, uuidArray } from "./seats.ts";

export type Task = typeof tasks.$inferSelect;
export type TaskStatus = Task["status"];
export type TaskReason = NonNullable<Task["reason"]>;
/** Why unfinished work shall stop. */
export type StopReason = NonNullable<Task["stopRequested"]>;
export type SkipReason = Extract<
  TaskReason,
  "draft" | "bot_author" | "label_missing" | "repository_off" | "plan_blocked" | "fork_policy"
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
}

/** `created` is false where the row was there already; `id` is that row's then. */
export interface Inserted {
  readonly id: string;
  readonly created: boolean;
}

/** Queues a task and places it. An automatic task for the same head and base that is not over stands in for it. */
export async function insertTask(tx: Tx, task: NewTask): Promise<Inserted> {
  await lockPlaces(tx, { pullRequestIds: [task.pullRequestId], ownerIds: [task.ownerId] });
  const id = Bun.randomUUIDv7();
  const inserted = await tx
    .insert(tasks)
    .values({ ...task, id, status: "pending", placement: "held" })
    .onConflictDoNothing()
    .returning({ id: tasks.id });
  if (inserted.length === 0) {
    const existing = sameHead(
      task,
      sql`trigger in ('webhook', 'sweep') and status in ('pending', 'running', 'completed')`,
    );
    return { id: await getTaskId(tx, existing), created: false };
  }
  await placeTask(tx, id);
  return { id, created: true };
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
  | { readonly to: Exclude<TaskStatus, "pending" | "running">; readonly reason: TaskReason };

export interface Move {
  readonly transition: Transition;
  readonly attemptCount: number;
  readonly lostCount: number;
  readonly error: string | null;
  /** Tell idle dispatchers what became ready. Not needed by a dispatcher that claims next itself. */
  readonly wake: boolean;
}

/** Changes a locked task's state and passes on what it held. `former` is the row as lockTask and its like gave it. */
export async function moveTask(tx: Tx, former: Task, move: Move): Promise<void> {
  const { transition } = move;
  const delayMs = transition.to === "pending" ? transition.delayMs : null;
  const placedAtOnce = transition.to === "pending" && delayMs === null;
  await tx
    .update(tasks)
    .set({
      status: transition.to,
      placement: transition.to !== "pending" ? null : delayMs === null ? "held" : "delayed",
      reason: transition.reason,
      error: move.error,
      attemptCount: move.attemptCount,
      lostCount: move.lostCount,
      workerId: null,
      stopRequested: null,
      rankAt: null,
      runAfter: delayMs === null ? null : sql`reviewd_now() + ${delayMs}::float8 * interval '1 millisecond'`,
      finishedAt: transition.to === "pending" ? null : sql`reviewd_now()`,
    })
    .where(eq(tasks.id, former.id));
  if (placedAtOnce) await placeTask(tx, former.id);
  await releaseSeat(tx, {
    ownerId: former.ownerId,
    pullRequestId: former.pullRequestId,
    heldSeat: holdsSeat(former),
    heldPullRequest: holdsPullRequest(former),
    wake: move.wake,
  });
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
): Promise<Pick<Task, "id" | "status"> | null> {
  const [row] = await tx
    .select({ id: tasks.id, status: tasks.status })
    .from(tasks)
    .where(
      and(
        eq(tasks.pullRequestId, of.pullRequestId),
        eq(tasks.headSha, of.headSha),
        eq(tasks.baseRef, of.baseRef),
        sql`status in ('pending', 'running') and stop_requested is null`,
      ),
    )
    .orderBy(tasks.id)
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

/** Delayed tasks whose time has come, oldest first. */
export async function findDueTaskIds(db: Db, limit: number): Promise<readonly string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from tasks where placement = 'delayed' and run_after <= reviewd_now() order by run_after, id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** True while the task is delayed and due; read under its locks, so that two sweepers place it once. */
export async function isDue(tx: Tx, taskId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from tasks where id = ${taskId} and placement = 'delayed' and run_after <= reviewd_now()`);
  return rows.length > 0;
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
