/** One row per running dispatcher process: its lease, which covers all its runs. */
import { eq, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { workers } from "./schema.ts";

/** Starts a lease under a fresh id. */
export async function insertWorker(
  db: Db,
  worker: { readonly role: string; readonly leaseMs: number },
): Promise<string> {
  const id = Bun.randomUUIDv7();
  await db.insert(workers).values({ id, role: worker.role, expiresAt: leaseEnd(worker.leaseMs) });
  return id;
}

/** Renews a lease that has not lapsed. False: it has, the worker's tasks are no longer its own. */
export async function renewWorker(
  db: Db,
  worker: { readonly id: string; readonly leaseMs: number },
): Promise<boolean> {
  const renewed = await db
    .update(workers)
    .set({ expiresAt: leaseEnd(worker.leaseMs) })
    .where(sql`${workers.id} = ${worker.id} and ${workers.expiresAt} > reviewd_now()`)
    .returning({ id: workers.id });
  return renewed.length > 0;
}

/** Lets others take the task lost twice that this worker waited to run alone, if it did. */
export async function dropReservation(db: Db, id: string): Promise<void> {
  await db.update(workers).set({ reservedTaskId: null }).where(eq(workers.id, id));
}

/** Ends a lease; whatever the worker still runs is lost to it. */
export async function deleteWorker(db: Db, id: string): Promise<void> {
  await db.delete(workers).where(eq(workers.id, id));
}

/**
 * Removes workers whose lease lapsed and says how many. From then on their tasks count as lost. A renewal in flight
 * holds the row's lock, so it is left for the next pass.
 */
export async function deleteExpiredWorkers(db: Db): Promise<number> {
  const removed = await db.execute(sql`
    delete from workers where id in (
      select id from workers where expires_at <= reviewd_now() order by id for update skip locked
    ) returning id`);
  return removed.length;
}

function leaseEnd(leaseMs: number) {
  return sql`reviewd_now() + ${leaseMs}::float8 * interval '1 millisecond'`;
}
