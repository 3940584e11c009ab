/** What is deleted once it is old, in batches: each function is one short transaction, and says how far it got. */
import { and, inArray, notExists, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { contents, taskRecords } from "./schema.ts";
import { uuidArray } from "./seats.ts";
import { inTransaction } from "./transaction.ts";

export interface Prune {
  /** What is older goes. */
  readonly retentionDays: number;
  /** Rows looked at. */
  readonly limit: number;
}

/** Deletes the oldest deliveries and says how many. One that is just being repeated stays for the next time. */
export async function pruneDeliveries(db: Db, { retentionDays, limit }: Prune): Promise<number> {
  const deleted = await db.execute(sql`
    delete from webhook_deliveries where (forge, host, delivery_id) in (
      select forge, host, delivery_id from webhook_deliveries where received_at < ${cutoff(retentionDays)}
      order by received_at limit ${limit} for update skip locked)
    returning delivery_id`);
  return deleted.length;
}

/** Deletes the oldest commands that are over, with their replies, and says how many. */
export async function pruneCommands(db: Db, { retentionDays, limit }: Prune): Promise<number> {
  return await inTransaction(db, async (tx) => {
    const deleted = await tx.execute(sql`
      delete from commands where id in (
        select id from commands where id < ${idAt(cutoff(retentionDays))} and finished_at is not null
        order by id limit ${limit} for update skip locked)
      returning id`);
    return deleted.length;
  });
}

/** Deletes the oldest runs of the syncer and says how many. The last checkpoint of each kind is where the next begins. */
export async function pruneSyncRuns(db: Db, { retentionDays, limit }: Prune): Promise<number> {
  const deleted = await db.execute(sql`
    delete from sync_runs where id in (
      select id from sync_runs where started_at < ${cutoff(retentionDays)} and id not in (
        select distinct on (kind) id from sync_runs where checkpoint is not null
        order by kind, started_at desc, id desc)
      order by started_at limit ${limit})
    returning id`);
  return deleted.length;
}

export interface PrunedTasks {
  /** Rows. */
  readonly deleted: number;
  /** The last task looked at, to go on after; null: there is none behind it. */
  readonly last: string | null;
}

/**
 * Deletes what was recorded of tasks that ended before the cutoff, going on after a task. What is recorded tells of its
 * task alone, so that no lock on the pull request is needed.
 */
export async function pruneTaskRecords(
  db: Db,
  { retentionDays, limit, after }: Prune & { readonly after: string | null },
): Promise<PrunedTasks> {
  return await inTransaction(db, async (tx) => {
    const page = await tx.execute<{ id: string; isOver: boolean }>(sql`
      with page as materialized (
        select distinct task_id as id from task_records
        where task_id > ${after ?? firstId}::uuid and task_id < ${idAt(cutoff(retentionDays))}
        order by task_id limit ${limit}
      )
      select id, (t.finished_at < ${cutoff(retentionDays)}) is true as "isOver" from page join tasks t using (id)
      order by id`);
    const over = page.filter(({ isOver }) => isOver).map(({ id }) => id);
    const deleted = await tx.execute(
      sql`delete from task_records where task_id = any(${uuidArray(over)}) returning task_id`,
    );
    return { deleted: deleted.length, last: page.length < limit ? null : (page.at(-1)?.id ?? null) };
  });
}

/**
 * Deletes contents that no record refers to any more and says how many. Whoever keeps a content locks it until the
 * reference is committed, so it looks again once it has the lock itself.
 */
export async function pruneContents(db: Db, { retentionDays, limit }: Prune): Promise<number> {
  const isUnused = notExists(
    db.select().from(taskRecords).where(sql`${taskRecords.digest} = ${contents.digest}`),
  );
  return await inTransaction(db, async (tx) => {
    const unused = await tx
      .select({ digest: contents.digest })
      .from(contents)
      .where(and(sql`${contents.keptAt} < ${cutoff(retentionDays)}`, isUnused))
      .orderBy(contents.keptAt)
      .limit(limit)
      .for("update", { skipLocked: true });
    if (unused.length === 0) return 0;
    const digests = unused.map(({ digest }) => digest);
    const deleted = await tx
      .delete(contents)
      .where(and(inArray(contents.digest, digests), isUnused))
      .returning({ digest: contents.digest });
    return deleted.length;
  });
}

/**
 * Looks at the tasks created next after one, and deletes those nobody needs, with all they led to. It walks the primary
 * key, whose ids grow with time, so that the queue pays for no index.
 */
export async function pruneTasks(
  db: Db,
  { retentionDays, limit, after }: Prune & { readonly after: string | null },
): Promise<PrunedTasks> {
  return await inTransaction(db, async (tx) => {
    const page = await findOldTasks(tx, { retentionDays, limit, after });
    const old = page.filter(({ prunable }) => prunable);
    const ids = old.map(({ id }) => id);
    const pullRequestIds = await lockIdle(
      tx,
      old.map(({ pullRequestId }) => pullRequestId),
    );
    const deleted = await deleteTasks(tx, { retentionDays, ids, pullRequestIds });
    return { deleted, last: page.length < limit ? null : (page.at(-1)?.id ?? null) };
  });
}

interface OldTask extends Record<string, unknown> {
  readonly id: string;
  readonly pullRequestId: string;
  readonly prunable: boolean;
}

async function findOldTasks(
  tx: Tx,
  { retentionDays, limit, after }: Prune & { readonly after: string | null },
): Promise<readonly OldTask[]> {
  return await tx.execute<OldTask>(sql`
    with page as materialized (
      select id, pull_request_id, status, head_sha, base_ref, finished_at from tasks
      where id > ${after ?? firstId}::uuid and id < ${idAt(cutoff(retentionDays))}
      order by id limit ${limit}
    )
    select t.id, t.pull_request_id as "pullRequestId", ${isPrunable(retentionDays)} as prunable
    from page t join pull_requests p on p.id = t.pull_request_id order by t.id`);
}

/**
 * Locks the pull requests nobody is at, first as everywhere. The others' tasks are left for the next time: whoever waits
 * for a review shall not wait for this.
 */
async function lockIdle(tx: Tx, pullRequestIds: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from pull_requests where id = any(${uuidArray(pullRequestIds)}) order by id for no key update skip locked`);
  return rows.map(({ id }) => id);
}

/** Looks again, under the locks: a task may have been retried, or its pull request reopened. */
async function deleteTasks(
  tx: Tx,
  {
    retentionDays,
    ids,
    pullRequestIds,
  }: Pick<Prune, "retentionDays"> & {
    readonly ids: readonly string[];
    readonly pullRequestIds: readonly string[];
  },
): Promise<number> {
  const deleted = await tx.execute(sql`
    delete from tasks where id in (
      select t.id from tasks t join pull_requests p on p.id = t.pull_request_id
      where t.id = any(${uuidArray(ids)}) and p.id = any(${uuidArray(pullRequestIds)})
        and ${isPrunable(retentionDays)}
      for update of t skip locked)
    returning id`);
  return deleted.length;
}

/**
 * Of a task t on a pull request p: it ended before the cutoff, and nothing of it is to be written or read any more. On
 * an open pull request, what was reviewed or posted stays, so that nothing is reviewed or said again, and so does what
 * became of the current head, which the sweep looks for.
 */
function isPrunable(retentionDays: number): SQL {
  return sql`(t.finished_at < ${cutoff(retentionDays)}
    and not exists (select from publications o where o.task_id = t.id and o.state in ('intended', 'uncertain'))
    and case p.state
      when 'closed' then coalesce(p.closed_at, p.forge_updated_at) < ${cutoff(retentionDays)}
        and not exists (
          select from review_comments c where c.task_id = t.id and c.next_poll_at >= ${cutoff(retentionDays)})
      else t.status <> 'completed' and (t.head_sha, t.base_ref) <> (p.head_sha, p.base_ref)
        and not exists (
          select from publications o where o.task_id = t.id and o.kind <> 'check' and o.state = 'posted')
        and not exists (select from review_comments c where c.task_id = t.id)
    end) is true`;
}

function cutoff(retentionDays: number): SQL {
  return sql`reviewd_now() - ${retentionDays}::integer * interval '1 day'`;
}

const firstId = "00000000-0000-0000-0000-000000000000";

/** The first UUIDv7 of a time. */
function idAt(time: SQL): SQL {
  return sql`rpad(lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0'), 32, '0')::uuid`;
}
