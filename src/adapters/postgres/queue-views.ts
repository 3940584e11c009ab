/** The queue as administrators see it: how much stands where, whose it is and who works on it. Only reads. */
import { sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { type owners, tasks, workers } from "./schema.ts";

type Owner = typeof owners.$inferSelect;
type Placement = NonNullable<(typeof tasks.$inferSelect)["placement"]>;

const placements = tasks.placement.enumValues;

export interface QueueView {
  /** Pending tasks by where they stand. */
  readonly depth: Readonly<Record<Placement, number>>;
  readonly running: number;
  /** Seconds since the oldest pending task was made; null: none is pending. */
  readonly oldestPendingSecs: number | null;
  /** Tasks that failed within the last 24 hours. */
  readonly failedLastDay: number;
  readonly seats: { readonly inUse: number; readonly total: number };
  /** Those with work, the one with the most unfinished tasks first. */
  readonly owners: readonly OwnerLoad[];
}

export interface OwnerLoad
  extends Pick<Owner, "id" | "login" | "forge" | "host" | "plan" | "weight" | "maxRunning"> {
  readonly running: number;
  readonly pending: number;
  readonly oldestPendingSecs: number | null;
}

/** Where a page of owners ended: its last owner's unfinished tasks, and its id. */
interface OwnerLoadPlace {
  readonly load: number;
  readonly ownerId: string;
}

export interface OwnerLoadPage {
  readonly after?: OwnerLoadPlace | undefined;
  /** 0: the totals alone are wanted. */
  readonly limit: number;
}

/**
 * All of it from one snapshot, so that the owners add up to the totals.
 *
 * What bounds it is the number of pending tasks: one index-only scan of the waiting ones, which has each owner's side
 * by side, and a visit to each row that is ready, held, delayed or running. Measured with 1,000,000 pending among
 * 1,500,400 rows (941,192 of them waiting, 10,000 owners, 128 MB of shared buffers, PostgreSQL 18): 0.26 s of one CPU
 * and 41,000 buffers, the same with nine tenths of it one owner's. So it is asked for by people, and by one process
 * every half minute, never by the queue itself.
 *
 * Ids grow with time, so the least one is the oldest. As text, because there is no min(uuid) before PostgreSQL 18.
 */
export async function readQueue(db: Db, { after, limit }: OwnerLoadPage): Promise<QueueView> {
  const isLater = after ? sql`(load, owner_id) < (${after.load}, ${after.ownerId}::uuid)` : sql`true`;
  const [row] = await db.execute<QueueRow>(sql`
    with waiting as (
      select owner_id, 'waiting' as state, count(*) as count, min(id::text collate "C") as oldest
      from tasks where placement = 'waiting' group by owner_id
    ), others as (
      select owner_id, coalesce(placement::text, 'running') as state, count(*) as count,
        min(id::text collate "C") as oldest
      from tasks where placement = 'ready' or placement = 'held' or placement = 'delayed' or status = 'running'
      group by owner_id, placement
    ), counted as materialized (
      select * from waiting union all select * from others
    ), totals as (
      select state, sum(count) as count, min(oldest) filter (where state <> 'running') as oldest
      from counted group by state
    ), loads as (
      select owner_id, sum(count) as load, coalesce(sum(count) filter (where state = 'running'), 0) as running,
        min(oldest) filter (where state <> 'running') as oldest
      from counted group by owner_id
    ), page as (
      select * from loads where ${isLater} order by load desc, owner_id desc limit ${limit}
    )
    select
      coalesce((select jsonb_object_agg(state, count) from totals), '{}') as counts,
      (select ${ageOf(sql`created_at`)} from tasks where id = (select min(oldest) from totals)::uuid) as "oldestPendingSecs",
      (select count(*) from tasks where status = 'failed' and finished_at > reviewd_now() - interval '24 hours')::float8
        as "failedLastDay",
      (select jsonb_build_object('inUse', coalesce(sum(seats_in_use), 0), 'total', coalesce(sum(max_running), 0))
        from owners) as seats,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', owners.id, 'login', login, 'forge', forge, 'host', host, 'plan', plan,
          'weight', weight, 'maxRunning', max_running, 'running', page.running, 'pending', load - page.running,
          'oldestPendingSecs', ${ageOf(sql`tasks.created_at`)}) order by load desc, owners.id desc)
        from page join owners on owners.id = page.owner_id left join tasks on tasks.id = page.oldest::uuid
      ), '[]') as owners`);
  if (!row) throw new Error("select without from answered no row");
  const { counts, ...view } = row;
  const countOf = (state: Placement | "running") => counts[state] ?? 0;
  const depth = Object.fromEntries(placements.map((placement) => [placement, countOf(placement)]));
  // One entry for each placement, made just above.
  return { ...view, depth: depth as Record<Placement, number>, running: countOf("running") };
}

type QueueRow = Omit<QueueView, "depth" | "running"> & {
  readonly counts: Readonly<Partial<Record<Placement | "running", number>>>;
} & Record<string, unknown>;

export interface LiveWorker {
  readonly id: string;
  readonly role: string;
  readonly startedAt: Date;
  readonly expiresAt: Date;
  readonly running: number;
}

/** Processes whose lease holds, the longest running first. There is one row for each process, so all of them. */
export async function listLiveWorkers(db: Db): Promise<readonly LiveWorker[]> {
  return await db
    .select({
      id: workers.id,
      role: workers.role,
      startedAt: workers.startedAt,
      expiresAt: workers.expiresAt,
      running: sql<number>`(
        select count(*) from tasks where tasks.worker_id = ${workers}.id and status = 'running')::float8`,
    })
    .from(workers)
    .where(sql`${workers.expiresAt} > reviewd_now()`)
    .orderBy(workers.startedAt, workers.id);
}

/** In whole seconds, never negative: two clocks' last milliseconds may differ. */
function ageOf(time: ReturnType<typeof sql>) {
  return sql`greatest(0, floor(extract(epoch from reviewd_now() - ${time})))::float8`;
}
