/** pg-boss with a cap for each group, `groupConcurrency`: the one peer with a cap that holds across processes. */
import { type Job, PgBoss } from "pg-boss";
import postgres from "postgres";
import { type Backlog, maxRunning, numberTasks } from "./backlog.ts";
import type { Lane, OpenQueue } from "./lanes.ts";
import { withClient } from "./postgres-server.ts";

const queueName = "reviews";
/** Without its upkeep, which could fall into any measurement. */
const settings = { supervise: false, schedule: false };

/** Fills an empty database. The queue has a table of its own. */
export async function seedPgBoss(url: string, backlog: Backlog): Promise<void> {
  const boss = new PgBoss({ ...settings, connectionString: url });
  await boss.start();
  await boss.createQueue(queueName, { partition: true });
  await boss.stop({ graceful: false });
  await withClient(url, async (sql) => {
    await numberTasks(sql, backlog);
    await sql`
      insert into pgboss.job (name, group_id, state, created_on, start_after, started_on, policy, expire_seconds)
      select ${queueName}, owner::text, case when running then 'active' else 'created' end::pgboss.job_state,
        now() - interval '1 day' + n * interval '1 ms', now() - interval '1 day', case when running then now() end,
        'standard', 86400
      from numbered order by n`;
    await sql.unsafe("vacuum (analyze)");
  });
}

/** Over postgres.js, as reviewd is. */
export async function openPgBoss(url: string, lanes: number): Promise<OpenQueue> {
  const sql = postgres(url, { max: lanes, onnotice: () => {} });
  const executeSql = async (text: string, values: unknown[] = []) => {
    const parameters = values as postgres.ParameterOrJSON<never>[];
    return { rows: (await sql.unsafe(text, parameters)).flat() };
  };
  const boss = new PgBoss({ ...settings, migrate: false, db: { executeSql } });
  await boss.start();
  const close = async () => {
    await boss.stop({ graceful: false });
    await sql.end();
  };
  return { url, openLane: () => openLane(boss), close };
}

function openLane(boss: PgBoss): Lane {
  let held: Job | undefined;
  const finish = async () => {
    if (held) await boss.complete(queueName, held);
    held = undefined;
  };
  const next = async () => {
    await finish();
    [held] = await boss.fetch(queueName, { groupConcurrency: maxRunning });
    return held !== undefined;
  };
  return { next, finish };
}
