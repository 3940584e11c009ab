/** A transaction that stays open meanwhile and keeps every row version from being cleaned up that is made. */
import { withClient } from "./postgres-server.ts";

export async function whileTransactionIsOpen<T>(url: string, work: () => Promise<T>): Promise<T> {
  return await withClient(url, async (sql) => {
    await sql`begin isolation level repeatable read read only`;
    // It takes its snapshot with the first read.
    await sql`select count(*) from owners`;
    return await work();
  });
}
