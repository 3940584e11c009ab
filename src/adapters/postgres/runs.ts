/** Running tasks: claimed by a worker, guarded by its fence, found again when the worker is gone. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { tasks } from "./schema.ts";
import { lockPlaces, readyChannel, releaseSeat, uuidArray } from "./seats.ts";
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
      | "scope"
    >
  >;

/** A run whose review is published whole. */
export interface CompletedRun extends Run {
  readonly reason: "reviewed" | "nothing_to_review" | "model_fallback";
}

export interface Exchange {
  readonly workerId: string;
  readonly completed: readonly CompletedRun[];
  /** How many tasks to claim at most. */
  readonly limit: number;
  /** Nothing else runs in this process: it may take a task that was lost twice. */
  readonly isIdle: boolean;
  /** Only ready tasks of this rank and above are looked at; see scan-window.ts. */
  readonly fromRank: number;
}

export interface Exchanged {
  /** Ids of the completed runs that were settled. The others are not this worker's any more. */
  readonly settled: readonly string[];
  /** In order of rank. */
  readonly claimed: readonly ClaimedTask[];
  readonly lowestRank: number | null;
  /** As it was before. */
  readonly virtualTime: number;
  /** What the search for ready tasks took. */
  readonly scanMs: number;
}

/** Settles what this process completed and claims what it may run next, in one round trip and one commit. */
export async function exchangeRuns(db: Db, exchange: Exchange): Promise<Exchanged> {
  const { workerId, completed, limit, isIdle, fromRank } = exchange;
  const of = (key: "taskId" | "fence" | "reason") => `'{${completed.map((run) => run[key]).join(",")}}'`;
  // Ids, numbers and reasons of our own, so the text holds them: parameters would cost a second round trip to ask for
  // their types, and the query builder half of what an idle queue takes to start a task.
  const [row] = await db.$client.unsafe<{ exchanged: Exchanged }[]>(`
    select exchange_runs('${workerId}'::uuid, ${of("taskId")}::uuid[], ${of("fence")}::bigint[],
      ${of("reason")}::task_reason[], ${limit}, ${isIdle}, ${fromRank}) as exchanged`);
  if (!row) throw new Error("exchange_runs gave no answer");
  return row.exchanged;
}

/** Locks the task while it is still this run's; null: the fence is lost and nothing may be written. */
export async function lockRun(
  tx: Tx,
  run: Run,
): Promise<{ readonly stopRequested: StopReason | null } | null> {
  const [row] = await tx
    .select({ stopRequested: tasks.stopRequested })
    .from(tasks)
    .where(and(isRun(run), isLeased(run)))
    .for("no key update");
  return row ?? null;
}

/**
 * Locks a running task with its pull request and owners, for whoever ends the run: its worker while the lease holds,
 * or anybody when the worker is gone. Null: it is not this run any more, or another's turn.
 */
export async function lockRunToSettle(tx: Tx, run: Run, by: "worker" | "sweeper"): Promise<Task | null> {
  const [place] = await tx
    .select({ pullRequestId: tasks.pullRequestId })
    .from(tasks)
    .where(eq(tasks.id, run.taskId));
  if (!place) return null;
  await lockPlaces(tx, { pullRequestIds: [place.pullRequestId] });
  const mayEnd =
    by === "worker" ? isLeased(run) : sql`not exists (select from workers where id = ${run.workerId})`;
  const [task] = await tx
    .select()
    .from(tasks)
    .where(and(isRun(run), mayEnd))
    .for("no key update");
  return task ?? null;
}

/**
 * Puts these runs of a worker back, all at once, as moveTask does one: pending, their attempts refunded. Leaves out those
 * that shall stop, for they end, and those whose fence or lease was lost. Returns the ids of the others.
 */
export async function releaseRuns(
  tx: Tx,
  workerId: string,
  runs: readonly (Run & Pick<Task, "pullRequestId">)[],
): Promise<readonly string[]> {
  await lockPlaces(tx, { pullRequestIds: runs.map(({ pullRequestId }) => pullRequestId) });
  const fences = `{${runs.map(({ fence }) => fence).join(",")}}`;
  // Without parameters, to spare a round trip: see exchangeRuns. The process may have little time left.
  const release = sql`
    with run as (
      select tasks.id, row_number() over (partition by owner_id order by rank desc, tasks.id)
          <= owners.seats_in_use - owners.max_running as is_over_cap
      from unnest(${uuidArray(runs.map(({ taskId }) => taskId))}, ${fences}::bigint[]) as run (task_id, fence)
        join tasks on tasks.id = run.task_id and tasks.fence = run.fence
        join owners on owners.id = tasks.owner_id
      where tasks.worker_id = ${workerId} and tasks.status = 'running' and tasks.stop_requested is null
        and exists (select from workers where id = ${workerId} and expires_at > reviewd_now())
    ), released as (
      update tasks set status = 'pending', reason = 'released', error = null, worker_id = null,
        attempt_count = attempt_count - 1,
        placement = case when is_over_cap then 'waiting' else 'ready' end::task_placement
      from run where tasks.id = run.id returning tasks.*
    ), recorded as (
      insert into attempts (task_id, number, fence, worker_id, outcome, started_at)
      select id, attempt_count + 1, fence, ${workerId}, 'released', started_at from released
    )
    select id, owner_id, rank, placement, case placement when 'ready' then pg_notify(${readyChannel}, '') end
    from released`;
  const released = await tx.execute<{ id: string; owner_id: string; rank: string; placement: string }>(
    release.inlineParams(),
  );
  for (const { owner_id: ownerId, rank, placement } of released) {
    if (placement === "waiting")
      await releaseSeat(tx, { ownerId, seatRank: Number(rank), pullRequestId: null });
  }
  return released.map(({ id }) => id);
}

/** Of a run whose fence the caller holds. */
export async function setConfiguration(tx: Tx, taskId: string, config: object): Promise<void> {
  await tx.update(tasks).set({ config }).where(eq(tasks.id, taskId));
}

/** Which version of the prompt its model was asked with. Of a run whose fence the caller holds. */
export async function setPromptHash(tx: Tx, taskId: string, promptHash: string): Promise<void> {
  await tx.update(tasks).set({ promptHash }).where(eq(tasks.id, taskId));
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
export async function findLostRuns(
  db: Db,
  limit: number,
): Promise<readonly (Run & { readonly ownerId: string })[]> {
  return await db
    .select({ ...runColumns, ownerId: tasks.ownerId })
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

function isLeased(run: Run): SQL {
  return sql`exists (select from workers where id = ${run.workerId} and expires_at > reviewd_now())`;
}

function isRun(run: Run): SQL | undefined {
  return and(
    eq(tasks.id, run.taskId),
    eq(tasks.status, "running"),
    eq(tasks.workerId, run.workerId),
    eq(tasks.fence, run.fence),
  );
}
