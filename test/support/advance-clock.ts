/** Moves a test database's clock. The product's statements know no other one. */
import { sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";

/** Undone when the returned handle is disposed; moves add up. */
export async function advanceClock(db: Db, ms: number): Promise<AsyncDisposable> {
  await shiftClock(db, ms);
  return { [Symbol.asyncDispose]: () => shiftClock(db, -ms) };
}

async function shiftClock(db: Db, ms: number): Promise<void> {
  await db.execute(sql`update clock set shift = shift + ${ms}::float8 * interval '1 millisecond'`);
}
