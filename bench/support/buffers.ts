/** Shared buffers that statements touch, hit or read, with everything that functions and triggers do inside of them. */
import { withClient } from "./postgres-server.ts";

/** Settings of a server whose statements are counted. */
export const countingStatements = { shared_preload_libraries: "pg_stat_statements" };

/** @param statement part of the statement's text */
export async function buffersPerCall(
  url: string,
  statement: string,
  work: () => Promise<void>,
): Promise<number> {
  return await withClient(url, async (sql) => {
    await sql`create extension if not exists pg_stat_statements`;
    await sql`select pg_stat_statements_reset()`;
    await work();
    const [row] = await sql<{ buffers: number }[]>`
      select (sum(shared_blks_hit + shared_blks_read) / sum(calls))::float8 as buffers
      from pg_stat_statements join pg_database on pg_database.oid = dbid
      where datname = current_database() and query like ${`%${statement}%`}`;
    return row?.buffers ?? Number.NaN;
  });
}
