/** How long a task waits from the call that queues it until its handler starts, while nothing else is to be done. */
import { makeWorkerUtils } from "graphile-worker";
import postgres from "postgres";
import { connect } from "../../src/adapters/postgres/connect.ts";
import { insertTask } from "../../src/adapters/postgres/tasks.ts";
import { createLog } from "../../src/log.ts";
import { runQueueWorker } from "../../src/roles/dispatcher/queue-worker.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { newTask } from "../../test/support/seed.ts";
import {
  graphileDefaultSettings,
  graphileLogger,
  graphileTask,
  migrateGraphile,
  runGraphile,
} from "./graphile.ts";
import type { BenchServer } from "./postgres-server.ts";
import { seedPullRequests } from "./pull-requests.ts";

/** A queue with a worker that has nothing to do. */
interface IdleQueue {
  readonly isReviewd: boolean;
  /** @param onStart told when a task's handler starts */
  readonly open: (url: string, onStart: () => void) => Promise<OpenQueue>;
}

interface OpenQueue {
  /** Ends when the task is queued. */
  readonly enqueue: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

const warmUps = 20;
/** Until the worker has settled a task and is idle again; then a little more, differently each time. */
const idleMs = 10;
const idleJitterMs = 5;
/** A sample that takes as long was found by polling at best. */
const lostMs = 10_000;
const owners = 100;
const leaseMs = 15_000;

/** Milliseconds of so many starts, in ascending order. */
export async function measureStarts(
  server: BenchServer,
  queue: IdleQueue,
  samples: number,
): Promise<readonly number[]> {
  const database = await createTestDatabase({ serverUrl: server.url, migrated: queue.isReviewd });
  let onStart = () => {};
  const { enqueue, close } = await queue.open(database.url, () => onStart());
  const latencies: number[] = [];
  for (let sample = -warmUps; sample < samples; sample++) {
    await Bun.sleep(idleMs + Math.random() * idleJitterMs);
    const started = Promise.withResolvers<number>();
    const lost = setTimeout(() => started.reject(new Error("a task did not start")), lostMs);
    onStart = () => started.resolve(performance.now());
    const begin = performance.now();
    const [, end] = await Promise.all([enqueue(), started.promise]);
    clearTimeout(lost);
    if (sample >= 0) latencies.push(end - begin);
  }
  await close();
  await database.close();
  return latencies.toSorted((a, b) => a - b);
}

/** The worker is in the same process, but hears of a task only through LISTEN. */
export const reviewdIdle: IdleQueue = {
  isReviewd: true,
  open: async (url, onStart) => {
    const pullRequests = await seedPullRequests(url, { owners, each: 10 });
    const enqueuer = connect(url, "reviewd bench enqueuer", 1);
    const worker = connect(url, "reviewd bench", 14);
    const ending = new AbortController();
    const running = runQueueWorker({
      db: worker.db,
      databaseUrl: url,
      listenUrl: url,
      log: createLog("warn", {}),
      concurrency: 10,
      leaseMs,
      graceMs: leaseMs,
      signal: ending.signal,
      execute: async () => {
        onStart();
        return { kind: "completed", reason: "reviewed" };
      },
    });
    let next = 0;
    return {
      enqueue: async () => {
        const pullRequest = pullRequests[next++];
        if (!pullRequest) throw new Error("there are fewer pull requests than samples");
        await insertTask(enqueuer.db, newTask(pullRequest, { trigger: "webhook" }));
      },
      close: async () => {
        ending.abort();
        await running;
        await Promise.all([enqueuer.close(), worker.close()]);
      },
    };
  },
};

export const graphileIdle: IdleQueue = {
  isReviewd: false,
  open: async (url, onStart) => {
    await migrateGraphile(url);
    const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 1, logger: graphileLogger });
    const runner = await runGraphile(url, graphileDefaultSettings, onStart);
    return {
      enqueue: () => utils.addJob(graphileTask, {}),
      close: async () => {
        await runner.stop();
        await utils.release();
      },
    };
  },
};

/** Nothing but the round trips: a commit that inserts and notifies, the notification, a claim. */
export const bareRoundTrips: IdleQueue = {
  isReviewd: false,
  open: async (url, onStart) => {
    const [enqueuer, listener, claimer] = [1, 2, 3].map(() => postgres(url, { max: 1, onnotice: () => {} }));
    if (!enqueuer || !listener || !claimer) throw new Error("three connections are needed");
    await enqueuer.unsafe(
      "create table bare (id bigint generated always as identity primary key, status smallint)",
    );
    await enqueuer.unsafe("create index on bare (id) where status = 0");
    const claim = () => claimer`
      update bare set status = 1 where id = (
        select id from bare where status = 0 order by id limit 1 for no key update skip locked)
      returning id`;
    await claim();
    await listener.listen("bare", async () => {
      if ((await claim()).length > 0) onStart();
    });
    const enqueue = () => enqueuer`
      with inserted as (insert into bare (status) values (0)) select pg_notify('bare', '')`;
    return {
      enqueue: () => enqueue(),
      close: async () => {
        await Promise.all([enqueuer.end(), listener.end(), claimer.end()]);
      },
    };
  },
};
