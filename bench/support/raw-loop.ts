/**
 * What Postgres itself allows: two commits a task, claim and finish, on a table with nothing but what that needs. No
 * cap, no fence, no record of what ran.
 */
import postgres from "postgres";
import type { DrainProgram } from "./drain-program.ts";

const schema = `
  create table raw_tasks (
    id bigint generated always as identity primary key,
    status smallint not null default 0,
    payload jsonb not null default '{}',
    started_at timestamptz,
    finished_at timestamptz
  ) with (fillfactor = 80);
  create index on raw_tasks (id) where status = 0`;

/** @param batch tasks that each lane claims, and finishes, at once */
export function rawLoop({ lanes, batch }: { lanes: number; batch: number }): DrainProgram {
  return {
    isReviewd: false,
    seed: async (url, tasks) => {
      const sql = connect(url, 1);
      await sql.unsafe(schema).simple();
      await sql`insert into raw_tasks (status) select 0 from generate_series(1, ${tasks}::integer)`;
      await sql.unsafe("vacuum (analyze)");
      await sql.end();
    },
    work: (url, onRun) => {
      const sql = connect(url, lanes);
      const lane = async () => {
        for (;;) {
          const ids = await claim(sql, batch);
          if (ids.length === 0) return;
          await finish(sql, ids);
          onRun(ids.length);
        }
      };
      return Promise.all(Array.from({ length: lanes }, lane));
    },
    countLeft: async (sql) => {
      const [row] = await sql<
        { left: number }[]
      >`select count(*)::integer as left from raw_tasks where status < 2`;
      return row?.left ?? 0;
    },
  };
}

function connect(url: string, lanes: number): postgres.Sql {
  return postgres(url, { max: lanes, onnotice: () => {} });
}

async function claim(sql: postgres.Sql, batch: number): Promise<readonly string[]> {
  const rows =
    batch === 1
      ? await sql<{ id: string }[]>`
          update raw_tasks set status = 1, started_at = now() where id = (
            select id from raw_tasks where status = 0 order by id limit 1 for no key update skip locked)
          returning id, payload`
      : await sql<{ id: string }[]>`
          with next as materialized (
            select id from raw_tasks where status = 0 order by id limit ${batch} for no key update skip locked)
          update raw_tasks set status = 1, started_at = now() from next where raw_tasks.id = next.id
          returning raw_tasks.id, payload`;
  return rows.map(({ id }) => id);
}

async function finish(sql: postgres.Sql, ids: readonly string[]): Promise<void> {
  const [id] = ids;
  if (ids.length === 1 && id !== undefined)
    await sql`update raw_tasks set status = 2, finished_at = now() where id = ${id}`;
  else await sql`update raw_tasks set status = 2, finished_at = now() where id = any(${ids}::bigint[])`;
}
