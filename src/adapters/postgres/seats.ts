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

/** Places a pending task anew and wakes the dispatchers if something became ready. Caller holds the locks. */
export async function placeTask(tx: Tx, taskId: string): Promise<void> {
  await tx.execute(sql`
    select pg_notify(${readyChannel}, '') from place_task(${taskId}::uuid) as became_ready where became_ready`);
}

export interface Release {
  readonly ownerId: string;
  readonly pullRequestId: string;
  readonly heldSeat: boolean;
  readonly heldPullRequest: boolean;
  /** Tell idle dispatchers if something became ready. */
  readonly wake: boolean;
}

/** Passes on what a task held, after its row was changed. Caller holds the locks. */
export async function releaseSeat(tx: Tx, release: Release): Promise<void> {
  const { ownerId, pullRequestId, heldSeat, heldPullRequest, wake } = release;
  await tx.execute(sql`
    select case when became_ready and ${wake} then pg_notify(${readyChannel}, '') end
    from release_seat(${ownerId}::uuid, ${pullRequestId}::uuid, ${heldSeat}, ${heldPullRequest}) as became_ready`);
}

/** Things the queue promises never to show, in words; empty unless there is a bug. */
export async function findBrokenSeats(db: Db): Promise<readonly { broken: string; id: string }[]> {
  return await db.execute<{ broken: string; id: string }>(sql`select broken, id from broken_seats`);
}

export function uuidArray(ids: readonly string[]) {
  return sql`${`{${ids.join(",")}}`}::uuid[]`;
}
