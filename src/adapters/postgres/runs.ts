/** Running tasks: claimed by a worker, guarded by its fence, found again when the worker is gone. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { tasks } from "./schema.ts";
import { lockPlaces } from "./seats.ts";
import type { StopReason, Task } from "./tasks.ts";

/** What a run carries: every write of a run is guarded by all three. */
export interface Run {
  readonly taskId: string;
  readonly workerId: string;
  readonly fence: number;
}

/** `lostCount`: times a process died while it ran this; at 2 it runs alone. */
export type ClaimedTask = Run &
  Readonly<
    Pick<
      Task,
      | "ownerId"
      | "repositoryId"
      | "pullRequestId"
      | "trigger"
      | "outputMode"
      | "headSha"
      | "baseRef"
      | "attemptCount"
      | "maxAttempts"
      | "lostCount"
      | "config"
    >
  >;

/**
 * Takes up to `limit` ready tasks, in order of rank. Touches no owner: a ready task holds its seat already.
 * A task lost twice with its process is only taken by an idle process, alone, and nothing ranked behind it is taken
 * before it, so that it neither takes others down again nor starves.
 */
export async function claimTasks(
  db: Db,
  claim: { readonly workerId: string; readonly limit: number; readonly idle: boolean },
): Promise<readonly ClaimedTask[]> {
  return await db.execute<ClaimedTask & Record<string, unknown>>(sql`
    with candidates as materialized (
      select id, rank_at, lost_count >= 2 as suspect from tasks
      where placement = 'ready' and exists (select from workers where id = ${claim.workerId} and expires_at > reviewd_now())
      order by rank_at, id limit ${claim.limit} for no key update skip locked
    ), ranked as (
      select id, suspect, row_number() over by_rank as place, count(*) filter (where suspect) over by_rank as suspects
      from candidates window by_rank as (order by rank_at, id)
    )
    update tasks set status = 'running', placement = null, rank_at = null, run_after = null, reason = null,
      worker_id = ${claim.workerId}, fence = fence + 1, attempt_count = attempt_count + 1, started_at = reviewd_now()
    from ranked where tasks.id = ranked.id
      and (ranked.suspects = 0 or (${claim.idle} and ranked.suspect and ranked.place = 1))
    returning tasks.id as "taskId", worker_id as "workerId", fence::float8, owner_id as "ownerId",
      repository_id as "repositoryId", pull_request_id as "pullRequestId", trigger, output_mode as "outputMode",
      head_sha as "headSha", base_ref as "baseRef", attempt_count as "attemptCount", max_attempts as "maxAttempts",
      lost_count as "lostCount", config`);
}

/** Locks the task while it is still this run's; null: the fence is lost and nothing may be written. */
export async function lockRun(
  tx: Tx,
  run: Run,
): Promise<{ readonly stopRequested: StopReason | null } | null> {
  const [row] = await tx
    .select({ stopRequested: tasks.stopRequested })
    .from(tasks)
    .where(
      and(
        isRun(run),
        sql`exists (select from workers where id = ${run.workerId} and expires_at > reviewd_now())`,
      ),
    )
    .for("no key update");
  return row ?? null;
}

/** Locks a running task with its pull request and owners, for whoever ends the run; null: it is not this run any more. */
export async function lockRunToSettle(tx: Tx, run: Run): Promise<Task | null> {
  const [place] = await tx
    .select({ pullRequestId: tasks.pullRequestId })
    .from(tasks)
    .where(eq(tasks.id, run.taskId));
  if (!place) return null;
  await lockPlaces(tx, { pullRequestIds: [place.pullRequestId] });
  const [task] = await tx.select().from(tasks).where(isRun(run)).for("no key update");
  return task ?? null;
}

/** Milliseconds left on the lease of the run's worker; 0 when it lapsed. */
export async function leaseLeftMs(db: Db, run: Run): Promise<number> {
  const [row] = await db.execute<{ left_ms: number }>(sql`
    select greatest(0, extract(epoch from w.expires_at - reviewd_now()) * 1000)::float8 as left_ms
    from tasks t join workers w on w.id = t.worker_id
    where t.id = ${run.taskId} and t.worker_id = ${run.workerId} and t.fence = ${run.fence}`);
  return row?.left_ms ?? 0;
}

/** Runs whose worker is gone: nobody renews their lease any more. */
export async function findLostRuns(db: Db, limit: number): Promise<readonly Run[]> {
  return await db
    .select(runColumns)
    .from(tasks)
    .where(sql`status = 'running' and not exists (select from workers where workers.id = ${tasks}.worker_id)`)
    .orderBy(tasks.id)
    .limit(limit);
}

/** Everything that runs under this worker. */
export async function findRunsOf(db: Db, workerId: string): Promise<readonly Run[]> {
  return await db.select(runColumns).from(tasks).where(isRunOf(workerId)).orderBy(tasks.id);
}

/** Tasks of a worker that shall stop. */
export async function findStopRequests(db: Db, workerId: string): Promise<readonly string[]> {
  const rows = await db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(isRunOf(workerId), sql`${tasks.stopRequested} is not null`));
  return rows.map(({ id }) => id);
}

const runColumns = {
  taskId: tasks.id,
  // Null where the status is not running, which every statement with these columns demands.
  workerId: sql<string>`${tasks.workerId}`,
  fence: tasks.fence,
};

function isRunOf(workerId: string): SQL | undefined {
  return and(eq(tasks.status, "running"), eq(tasks.workerId, workerId));
}

function isRun(run: Run): SQL | undefined {
  return and(
    eq(tasks.id, run.taskId),
    eq(tasks.status, "running"),
    eq(tasks.workerId, run.workerId),
    eq(tasks.fence, run.fence),
  );
}
