/** pg-boss with batches, the way its documentation says to drain a queue fast. */
import { PgBoss } from "pg-boss";
import type { DrainProgram } from "./drain-program.ts";
import { withClient } from "./postgres-server.ts";

const queue = "noop";
const batchSize = 500;
const workers = 4;
/** Tasks inserted by one call. */
const chunk = 5_000;

export const pgBossBatched: DrainProgram = {
  isReviewd: false,
  seed: async (url, tasks) => {
    const boss = await start(url);
    await boss.createQueue(queue, { partition: true });
    for (let inserted = 0; inserted < tasks; inserted += chunk)
      await boss.insert(
        queue,
        Array.from({ length: Math.min(chunk, tasks - inserted) }, () => ({ data: {} })),
      );
    await boss.stop({ graceful: false });
    await withClient(url, async (sql) => void (await sql.unsafe("vacuum (analyze)")));
  },
  work: async (url, onRun) => {
    const boss = await start(url);
    const settings = {
      batchSize,
      localConcurrency: workers,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
    };
    await boss.work(queue, settings, async (jobs) => onRun(jobs.length));
  },
  countLeft: async (sql) => {
    const [row] = await sql<{ left: number }[]>`
      select count(*)::integer as left from pgboss.job where name = ${queue} and state < 'completed'`;
    return row?.left ?? 0;
  },
};

/** Without its hourly upkeep, which could fall into any measurement. */
async function start(url: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, max: 10, supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  return boss;
}
