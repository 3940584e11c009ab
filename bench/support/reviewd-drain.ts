/** reviewd's queue with everything it promises: 1,000 owners, four running tasks each, one publisher a pull request. */
import type postgres from "postgres";
import { connect } from "../../src/adapters/postgres/connect.ts";
import { createLog } from "../../src/log.ts";
import { runQueueWorker } from "../../src/roles/dispatcher/queue-worker.ts";
import { maxRunning, seedBacklog } from "./backlog.ts";
import type { DrainProgram } from "./drain-program.ts";
import { openTaskQueue } from "./task-queue.ts";

const owners = 1_000;
const leaseMs = 15_000;
const common = {
  isReviewd: true,
  seed: (url: string, tasks: number) => seedBacklog(url, { shape: "uniform", pending: tasks, owners }),
  countLeft,
  verify,
};

/** As the dispatcher works, with a review that takes no time. */
export function asDispatcher(concurrency: number): DrainProgram {
  return {
    ...common,
    work: (url, onRun) => {
      const { db } = connect(url, "reviewd bench", 4);
      return runQueueWorker({
        db,
        databaseUrl: url,
        listenUrl: url,
        log: createLog("warn", {}),
        concurrency,
        leaseMs,
        graceMs: 0,
        signal: new AbortController().signal,
        execute: async () => {
          onRun(1);
          return { kind: "completed", reason: "reviewed" };
        },
      });
    },
  };
}

/** What it costs when nothing is batched: every lane finishes its one task and claims its next in a call of its own. */
export function oneByOne(lanes: number): DrainProgram {
  return {
    ...common,
    work: async (url, onRun) => {
      const queue = await openTaskQueue(url, lanes);
      const lane = async () => {
        const { next } = queue.openLane();
        while (await next()) onRun(1);
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    },
  };
}

async function countLeft(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ left: number }[]>`
    select count(*)::integer as left from tasks where status in ('pending', 'running')`;
  return row?.left ?? 0;
}

/** Every task ran once, and never more of an owner's than it may, judged by when each attempt began and ended. */
async function verify(sql: postgres.Sql, tasks: number): Promise<void> {
  const [row] = await sql<{ once: number; attempts: number; most: number }[]>`
    with changes as (
      select owner_id, a.started_at as at, 1 as change from attempts a join tasks on id = task_id
      union all
      select owner_id, a.finished_at, -1 from attempts a join tasks on id = task_id
    ), running as (
      select sum(change) over (partition by owner_id order by at, change) as count from changes
    )
    select (select count(*) from tasks where status = 'completed' and attempt_count = 1)::integer as once,
      (select count(*) from attempts where outcome = 'completed')::integer as attempts,
      (select max(count) from running)::integer as most`;
  if (row?.once !== tasks || row.attempts !== tasks || row.most > maxRunning)
    throw new Error(`of ${tasks} tasks, ${maxRunning} at once for an owner: ${JSON.stringify(row)}`);
  const broken = await sql`select broken, id from broken_seats`;
  if (broken.length > 0) throw new Error(`broken seats: ${JSON.stringify(broken)}`);
}
