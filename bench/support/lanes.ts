/** Several lanes that hold one task each at a time: how many tasks a second go through a queue that way. */
import postgres from "postgres";
import { withClient } from "./postgres-server.ts";

/** What differs from queue to queue. */
export interface OpenQueue {
  /** Of its database. */
  readonly url: string;
  readonly openLane: () => Lane;
  readonly close: () => Promise<void>;
}

export interface Lane {
  /** Finishes the task it holds, if any, and claims the next one. False: it got none. */
  readonly next: () => Promise<boolean>;
  /** Finishes the task it holds. */
  readonly finish: () => Promise<void>;
}

export interface Measurement {
  readonly lanes: number;
  /** How long a task is held between claim and finish. */
  readonly holdMs: number;
  /** It ends when so many tasks are finished, or after so long. */
  readonly tasks: number;
  readonly withinMs: number;
}

/** What a lane may take to end when the time is over. */
const graceMs = 1_000;
const queryCanceled = "57014";

/** Tasks finished a second. Where none was in all that time, as if one had been: the rate is at most this. */
export async function measureRate(queue: OpenQueue, measurement: Measurement): Promise<number> {
  const { lanes, holdMs, tasks, withinMs } = measurement;
  let finished = 0;
  let endedAt: number | null = null;
  const over = Promise.withResolvers<void>();
  const end = () => {
    endedAt ??= performance.now();
    over.resolve();
  };

  const drain = async () => {
    const lane = queue.openLane();
    let holds = false;
    while (endedAt === null) {
      const claimed = await lane.next();
      if (holds && endedAt === null && ++finished >= tasks) end();
      holds = claimed;
      if (holds && holdMs > 0) await Bun.sleep(holdMs);
    }
    if (holds) await lane.finish();
  };

  const startedAt = performance.now();
  const timer = setTimeout(end, withinMs);
  const running = Array.from({ length: lanes }, async () => {
    try {
      await drain();
    } catch (error) {
      if (endedAt !== null && isCanceled(error)) return;
      over.reject(error);
      throw error;
    }
  });
  const ended = Promise.all(running);
  await Promise.race([over.promise, ended]);
  clearTimeout(timer);
  await settle(ended, queue.url);
  return (Math.max(finished, 1) * 1_000) / ((endedAt ?? performance.now()) - startedAt);
}

/** Cancels statements that still run: those of a queue that is slow enough may take minutes. */
async function settle(ended: Promise<unknown>, url: string): Promise<void> {
  const isSettled = () => Promise.race([ended.then(() => true), Bun.sleep(graceMs).then(() => false)]);
  if (await isSettled()) return;
  await withClient(url, async (sql) => {
    do {
      await sql`
        select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`;
    } while (!(await isSettled()));
  });
}

function isCanceled(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === queryCanceled;
}
