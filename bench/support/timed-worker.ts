/** The dispatcher's own queue worker, with reviews that only take their time. */
import { connect, type Db } from "../../src/adapters/postgres/connect.ts";
import type { ClaimedTask } from "../../src/adapters/postgres/runs.ts";
import { createLog } from "../../src/log.ts";
import { runQueueWorker } from "../../src/roles/dispatcher/queue-worker.ts";

export interface TimedWorker {
  readonly db: Db;
  /** Lets the last runs end. */
  readonly stop: () => Promise<void>;
}

const leaseMs = 15_000;
const graceMs = 5_000;

export function startTimedWorker(options: {
  readonly url: string;
  readonly concurrency: number;
  readonly taskMs: number;
  readonly onStart: (task: ClaimedTask) => void;
}): TimedWorker {
  const { url, concurrency, taskMs, onStart } = options;
  const { db, close } = connect(url, "reviewd bench", concurrency + 4);
  const stopping = new AbortController();
  const execute = async (task: ClaimedTask) => {
    onStart(task);
    await Bun.sleep(taskMs);
    return { kind: "completed", reason: "reviewed" } as const;
  };
  const log = createLog("warn", {});
  const worker = {
    db,
    databaseUrl: url,
    listenUrl: url,
    log,
    concurrency,
    leaseMs,
    graceMs,
    execute,
    signal: stopping.signal,
  };
  const ended = runQueueWorker(worker);
  const stop = async () => {
    stopping.abort();
    await ended;
    await close();
  };
  return { db, stop };
}
