/** The database's time, for decisions that are made outside a statement. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

export async function getDatabaseTime(db: Db | Tx): Promise<Date> {
  const rows = await db.execute<{ now: string }>(sql`select reviewd_now() as now`);
  const [row] = rows;
  if (!row) throw new Error("select without from answered no row");
  return new Date(row.now);
}
