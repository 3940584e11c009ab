/** What keeps vacuum from removing dead rows: the oldest open transactions and snapshots, whoever's they are. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

export interface OpenTransaction {
  /** A session of this database, a prepared transaction of it, a replication slot, or a standby's feedback. */
  readonly kind: "session" | "prepared" | "slot" | "standby";
  /** What the session calls itself, the transaction's or the slot's name. */
  readonly name: string;
  /** Of a session or a standby: what pg_terminate_backend takes. */
  readonly pid: number | null;
  /** Since it began; null where only Postgres' count of transactions tells, or where it may not be seen. */
  readonly seconds: number | null;
  /** How many transactions of the whole server began after its snapshot. */
  readonly transactions: number;
}

/** Longer than this, and tables that are written all the time grow by what vacuum may not remove. */
export const longTransactionSecs = 300;

/**
 * All of them, the oldest snapshot first. A transaction that has read nothing lately and written nothing holds nothing
 * back and is left out, as is a vacuum. Reads what the server has in memory, no table.
 */
export async function listOpenTransactions(db: Db): Promise<readonly OpenTransaction[]> {
  return await db.execute<OpenTransaction & Record<string, unknown>>(sql`
    select 'session' as kind, application_name as name, pid,
      extract(epoch from clock_timestamp() - xact_start)::float8 as seconds,
      greatest(age(backend_xmin), age(backend_xid)) as transactions
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and (backend_xmin is not null or backend_xid is not null)
      and pid not in (select pid from pg_stat_progress_vacuum)
    union all
    select 'prepared', gid, null, extract(epoch from clock_timestamp() - prepared)::float8, age(transaction)
    from pg_prepared_xacts where database = current_database()
    union all
    select 'slot', slot_name::text, active_pid, null, age(xmin) from pg_replication_slots where xmin is not null
    union all
    select 'standby', application_name, pid, null, age(backend_xmin) from pg_stat_replication
    where backend_xmin is not null
    order by transactions desc`);
}

/**
 * The role that reads these for the metrics, where it is not told `seconds` of other logins' sessions: the syncer's, or
 * where reviewd has no roles of its own the login that asks. Null: it is.
 */
export async function findBlindReader(db: Db | Tx): Promise<string | null> {
  const [row] = await db.execute<{ reader: string }>(sql`
    select reader from (
      select coalesce((select rolname from pg_roles where rolname = 'reviewd_syncer'), current_user)::text as reader
    ) as reading where not pg_has_role(reader::name, 'pg_read_all_stats', 'usage')`);
  return row?.reader ?? null;
}
