/** What is still in the queue of owners whose plan is blocked: a read across two tables. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { uuidArray } from "./seats.ts";

export interface BlockedWork {
  readonly ownerId: string;
  readonly pullRequestId: string;
}

/** An owner has an index for what waits for it; of everything else there is little in the whole queue. */
const states = ["placement = 'held'", "placement = 'delayed'", "placement = 'ready'", "status = 'running'"];

/**
 * Where unfinished tasks of blocked owners are that were not told to stop, at most so many. Those with a seat come last:
 * stopping one of them lets the next in.
 */
export async function findBlockedWork(db: Db, limit: number): Promise<readonly BlockedWork[]> {
  const others = states.map(
    (state) => sql`(select t.owner_id, t.pull_request_id from tasks t join blocked on blocked.id = t.owner_id
      where t.${sql.raw(state)} and t.stop_requested is null limit ${limit})`,
  );
  return await db.execute<BlockedWork & Record<string, unknown>>(sql`
    with blocked as materialized (select id from owners where plan = 'blocked')
    select owner_id as "ownerId", pull_request_id as "pullRequestId" from (
      (select waiting.owner_id, waiting.pull_request_id from blocked cross join lateral
        (select owner_id, pull_request_id from tasks
          where owner_id = blocked.id and placement = 'waiting' limit ${limit}) as waiting
      limit ${limit})
      union all ${sql.join(others, sql` union all `)}
    ) as found limit ${limit}`);
}

/** Those of the owners that are blocked; the caller holds their locks. */
export async function findBlockedOwners(tx: Tx, ownerIds: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from owners where id = any(${uuidArray(ownerIds)}) and plan = 'blocked'`);
  return rows.map(({ id }) => id);
}
