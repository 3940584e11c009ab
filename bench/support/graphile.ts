/** graphile-worker as its documentation has it: with its defaults, and with what its page on performance measures. */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import type postgres from "postgres";
import type { DrainProgram } from "./drain-program.ts";
import { withClient } from "./postgres-server.ts";

export const graphileTask = "noop";
/** It logs every task otherwise. */
export const graphileLogger = new Logger(() => () => {});

type Settings = GraphileConfig.WorkerOptions;

/** The pool is as large as it recommends: two more than it runs at once. */
export const graphileDefaultSettings: Settings = { concurrentJobs: 10, maxPoolSize: 12 };

/** https://worker.graphile.org/docs/performance */
const batchedSettings: Settings = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

export const graphileDefault = drainWith(graphileDefaultSettings);
export const graphileBatched = drainWith(batchedSettings);

/** Makes its tables. */
export async function migrateGraphile(url: string): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString: url, logger: graphileLogger });
  await utils.migrate();
  await utils.release();
}

/** Works until it is stopped. */
export async function runGraphile(url: string, settings: Settings, onRun: () => void) {
  const runner = await run({
    preset: { worker: { ...settings, connectionString: url, logger: graphileLogger } },
    taskList: { [graphileTask]: onRun },
    noHandleSignals: true,
  });
  return { stop: () => runner.stop() };
}

function drainWith(settings: Settings): DrainProgram {
  return {
    isReviewd: false,
    seed: async (url, tasks) => {
      const utils = await makeWorkerUtils({ connectionString: url, logger: graphileLogger });
      await utils.migrate();
      await utils.addJobs(Array.from({ length: tasks }, () => ({ identifier: graphileTask, payload: {} })));
      await utils.release();
      await withClient(url, async (sql) => void (await sql.unsafe("vacuum (analyze)")));
    },
    work: (url, onRun) => runGraphile(url, settings, () => onRun(1)),
    countLeft,
  };
}

async function countLeft(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<
    { left: number }[]
  >`select count(*)::integer as left from graphile_worker._private_jobs`;
  return row?.left ?? 0;
}
