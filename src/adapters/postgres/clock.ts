/** The database's time, for decisions that are made outside a statement. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

/** Rounded up to the milliseconds a Date holds, so that what the database holds to be past is past by it, too. */
export async function getDatabaseTime(db: Db | Tx): Promise<Date> {
  const rows = await db.execute<{ now: string }>(sql`
    select date_trunc('milliseconds', reviewd_now()) + interval '1 millisecond' as now`);
  const [row] = rows;
  if (!row) throw new Error("select without from answered no row");
  return new Date(row.now);
}
