/**
 * Seats and places in the queue; the rules are in drizzle/0002_seats.sql. The lock order everywhere is: pull request
 * rows by id, then owner rows by id, then task rows by id. So a transaction that changes tasks calls lockPlaces
 * before it locks any owner or task row, and must not have written to an owner row before (even an
 * `on conflict do update` that changes nothing locks it).
 */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

/** Where a dispatcher hears that a task became ready. */
export const readyChannel = "reviewd_ready";

export interface Places {
  readonly pullRequestIds: readonly string[];
  /** Owners of tasks about to be inserted; those of unfinished tasks on the pull requests are found here. */
  readonly ownerIds?: readonly string[];
}

/** Locks pull requests and owners, in order, for the rest of the transaction. Locking again is harmless. */
export async function lockPlaces(tx: Tx, { pullRequestIds, ownerIds = [] }: Places): Promise<void> {
  await tx.execute(sql`select lock_places(${uuidArray(pullRequestIds)}, ${uuidArray(ownerIds)})`);
}

export interface Release {
  /** Of the task that held them. */
  readonly ownerId: string;
  /** The rank of the seat given back; null: it held none. */
  readonly seatRank: number | null;
  /** Null: it did not hold its pull request. */
  readonly pullRequestId: string | null;
}

/** Passes on what a task held, after its row was changed, and wakes dispatchers for it. Caller holds the locks. */
export async function releaseSeat(tx: Tx, { ownerId, seatRank, pullRequestId }: Release): Promise<void> {
  await tx.execute(sql`
    select case when ready_count > 0 then pg_notify(${readyChannel}, '') end
    from release_seats(array[${ownerId}]::uuid[], array[${seatRank}]::bigint[],
      ${uuidArray(pullRequestId === null ? [] : [pullRequestId])}) as ready_count`);
}

/** Wakes idle dispatchers when the transaction commits. */
export async function wakeDispatchers(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_notify(${readyChannel}, '')`);
}

/**
 * Changes what an owner may run at once and its share beside other owners, and fills the seats that become free.
 * Lowered, ready tasks above it wait again and what runs goes on; a weight counts for what becomes ready from now on. Locks the owner: in a transaction that changes tasks only after lockPlaces.
 */
export async function changeCapacity(
  db: Db | Tx,
  ownerId: string,
  { maxRunning, weight }: { readonly maxRunning: number; readonly weight: number },
): Promise<void> {
  await db.execute(sql`select change_capacity(${ownerId}::uuid, ${maxRunning}::integer, ${weight}::integer)`);
}

/** Places delayed tasks whose time has come and says how many; any number of processes may do it at once. */
export async function placeDueTasks(db: Db, batchSize: number): Promise<number> {
  const [row] = await db.execute<{ placed: number }>(
    sql`select place_due_tasks(${batchSize}::integer) as placed`,
  );
  return row?.placed ?? 0;
}

/** Things the queue promises never to show, in words; empty unless there is a bug. */
export async function findBrokenSeats(db: Db): Promise<readonly { broken: string; id: string }[]> {
  return await db.execute<{ broken: string; id: string }>(sql`select broken, id from broken_seats`);
}

export function uuidArray(ids: readonly string[]) {
  return sql`${`{${ids.join(",")}}`}::uuid[]`;
}
