/** A transaction that stays open and keeps every later row version from being cleaned up. */
import postgres from "postgres";

/** @returns what ends it */
export async function holdTransaction(url: string): Promise<() => Promise<void>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`begin isolation level repeatable read read only`;
  // It takes its snapshot with the first read.
  await sql`select count(*) from owners`;
  return async () => {
    await sql`rollback`;
    await sql.end();
  };
}
