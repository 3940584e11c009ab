/**
 * The obvious way to hold a cap: the claim counts what runs of every candidate's owner. With the indexes that serve it
 * best and no column it does not need.
 */
import postgres from "postgres";
import { type Backlog, maxRunning, numberTasks } from "./backlog.ts";
import type { Lane, OpenQueue } from "./lanes.ts";
import { withClient } from "./postgres-server.ts";

/** Fills an empty database. */
export async function seedNaiveQueue(url: string, backlog: Backlog): Promise<void> {
  await withClient(url, async (sql) => {
    await numberTasks(sql, backlog);
    await sql`
      create table naive_tasks as
      select n as id, owner as owner_id, case when running then 'running' else 'pending' end as status
      from numbered order by n`;
    await sql.unsafe(`
      alter table naive_tasks add primary key (id);
      create index on naive_tasks (id) include (owner_id) where status = 'pending';
      create index on naive_tasks (owner_id) where status = 'running'`);
    await sql.unsafe("vacuum (analyze)");
  });
}

export async function openNaiveQueue(url: string, lanes: number): Promise<OpenQueue> {
  const sql = postgres(url, { max: lanes, onnotice: () => {} });
  return { url, openLane: () => openLane(sql), close: () => sql.end() };
}

function openLane(sql: postgres.Sql): Lane {
  let held: { readonly id: number } | undefined;
  const finish = async () => {
    if (held) await sql`update naive_tasks set status = 'finished' where id = ${held.id}`;
    held = undefined;
  };
  const next = async () => {
    await finish();
    [held] = await sql<{ id: number }[]>`
      update naive_tasks set status = 'running' where id = (
        select id from naive_tasks candidate
        where status = 'pending' and ${maxRunning} > (
          select count(*) from naive_tasks running
          where running.owner_id = candidate.owner_id and running.status = 'running')
        order by id limit 1 for no key update skip locked)
      returning id`;
    return held !== undefined;
  };
  return { next, finish };
}
