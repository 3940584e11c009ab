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

/** Seconds that reviewd_now() is off the database's own time: 0 but in tests. */
export async function getClockShift(db: Db): Promise<number> {
  const [row] = await db.execute<{ shift_secs: number }>(
    sql`select extract(epoch from shift)::float8 as shift_secs from clock`,
  );
  if (!row) throw new Error("the clock's row is gone");
  return row.shift_secs;
}
