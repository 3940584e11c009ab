/** Queues with one thing wrong: what the checks of this folder must notice. */
import { sql } from "drizzle-orm";
import type { Db } from "../../../../src/adapters/postgres/connect.ts";
import {
  type Exchange,
  type Exchanged,
  exchangeRuns,
  type Run,
} from "../../../../src/adapters/postgres/runs.ts";
import { endRun } from "../../../support/queue.ts";
import { type Queue, realQueue } from "./world.ts";

export interface Mutant {
  readonly name: string;
  /** The check that must notice. */
  readonly check: "sequential" | "concurrent";
  /** What it must say, where it may say other things of the same fault before. */
  readonly noticed?: RegExp;
  /** Replacements in the text of one of the database's functions. */
  readonly inFunction?: { readonly name: string; readonly edits: readonly (readonly [string, string])[] };
  /** One of the schema's own guards, out of the way. */
  readonly droppedIndex?: string;
  readonly queue?: Partial<Queue>;
}

export const mutants: readonly Mutant[] = [
  {
    name: "a claim that counts running tasks and ignores seats",
    check: "concurrent",
    noticed: /over its cap/,
    queue: { exchangeRuns: claimByCounting },
  },
  {
    name: "a claim that takes what is running",
    check: "concurrent",
    noticed: /claimed and left no trace/,
    queue: { exchangeRuns: claimRunning },
  },
  {
    name: "a pull request that is never busy",
    check: "concurrent",
    noticed: /publishing to pull request/,
    inFunction: {
      name: "is_pull_request_busy",
      edits: [["select exists (select", "select false and exists (select"]],
    },
    droppedIndex: "tasks_one_publisher",
  },
  {
    name: "a settlement without the fence",
    check: "sequential",
    queue: { endRun: endWithoutFence },
  },
  {
    name: "a completed run that needs no fence",
    check: "sequential",
    inFunction: {
      name: "exchange_runs",
      edits: [["tasks.fence = run.fence and tasks.worker_id = of_worker_id", "true"]],
    },
  },
  {
    name: "a completed run that needs no lease",
    check: "sequential",
    inFunction: { name: "exchange_runs", edits: [["and expires_at > time_now", ""]] },
  },
  {
    name: "an exchange that takes no locks",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat|pull request is free|may publish/,
    inFunction: { name: "exchange_runs", edits: [["perform lock_places(", "perform cardinality("]] },
  },
  {
    name: "an enqueue that decides that the owner is full without its lock",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat/,
    inFunction: {
      name: "enqueue_task",
      edits: [
        ["perform lock_places(array[of_pull_request_id], array[of_owner_id]);", ""],
        [
          "select * into strict owner from owners where id = of_owner_id;",
          `perform from pull_requests where id = of_pull_request_id for no key update;
           select * into strict owner from owners where id = of_owner_id;`,
        ],
      ],
    },
  },
  {
    name: "lock_places that locks no owner",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat/,
    inFunction: {
      name: "lock_places",
      edits: [["(concerned_ids) order by id for no key update", "(concerned_ids)"]],
    },
  },
  {
    name: "lock_places that locks owners out of order",
    check: "concurrent",
    noticed: /40P01/,
    inFunction: {
      name: "lock_places",
      edits: [
        ["(concerned_ids) order by id for", "(concerned_ids) order by md5(id::text || pg_backend_pid()) for"],
      ],
    },
  },
  {
    name: "an owner that looks full is not locked",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat/,
    inFunction: {
      name: "lock_places",
      edits: [
        ["where id = any (concerned_ids)", "where seats_in_use < max_running and id = any (concerned_ids)"],
      ],
    },
  },
  {
    name: "lock_places that locks no pull request",
    check: "concurrent",
    noticed: /pull request is free|may publish|40P01|tasks_one_publisher/,
    inFunction: {
      name: "lock_places",
      edits: [["(pull_request_ids) order by id for no key update", "(pull_request_ids)"]],
    },
  },
  {
    name: "release_seats that forgets the held task",
    check: "sequential",
    inFunction: { name: "release_seats", edits: [["any (freed_pull_request_ids)", "any ('{}'::uuid[])"]] },
  },
  {
    name: "fill_seats that forgets the seats given back",
    check: "sequential",
    inFunction: { name: "fill_seats", edits: [["owner_id, -1 as seats", "owner_id, 0 as seats"]] },
  },
  {
    name: "fill_seats that overfills by one",
    check: "sequential",
    inFunction: {
      name: "fill_seats",
      edits: [["greatest(0, room.max_running", "greatest(0, 1 + room.max_running"]],
    },
  },
  {
    name: "fill_seats that knows no priority",
    check: "sequential",
    inFunction: { name: "fill_seats", edits: [["order by priority, id limit", "order by id limit"]] },
  },
  {
    name: "a task let in that is not seated under its own owner",
    check: "sequential",
    inFunction: {
      name: "release_seats",
      edits: [["returning owner_id", "returning (select seat_owner_ids[1]) as owner_id"]],
    },
  },
  {
    name: "a task for the app that waits for the publisher",
    check: "sequential",
    inFunction: { name: "enqueue_task", edits: [["when of_output_mode = 'forge' and is", "when is"]] },
  },
  {
    name: "a claim that starts a task lost twice beside others",
    check: "sequential",
    queue: { exchangeRuns: (db, exchange) => exchangeRuns(db, { ...exchange, isIdle: true }) },
  },
];

/** The queue with the mutant's fault, in a database that has it, too. */
export async function applyMutant(db: Db, { inFunction, droppedIndex, queue }: Mutant): Promise<Queue> {
  if (inFunction) await editFunction(db, inFunction);
  if (droppedIndex) await db.execute(sql`drop index ${sql.identifier(droppedIndex)}`);
  return { ...realQueue, ...queue };
}

/** @throws when a text to replace is not there: the mutant must follow the function it was made for. */
async function editFunction(db: Db, { name, edits }: NonNullable<Mutant["inFunction"]>): Promise<void> {
  const [row] = await db.execute<{ definition: string }>(
    sql`select pg_get_functiondef(${name}::regproc) as definition`,
  );
  let definition = row?.definition ?? "";
  for (const [from, to] of edits) {
    if (!definition.includes(from)) throw new Error(`${name} does not contain: ${from}`);
    definition = definition.replace(from, to);
  }
  await db.execute(sql.raw(definition));
}

async function claimByCounting(db: Db, exchange: Exchange): Promise<Exchanged> {
  await db.execute(sql`
    update tasks set placement = 'ready', rank = 0 where id in (
      select t.id from tasks t join owners o on o.id = t.owner_id
      where t.placement = 'waiting' and o.max_running > (
        select count(*) from tasks r where r.owner_id = t.owner_id and r.status = 'running')
      order by t.priority, t.id limit ${exchange.limit} for no key update of t skip locked)`);
  return await exchangeRuns(db, exchange);
}

async function claimRunning(db: Db, exchange: Exchange): Promise<Exchanged> {
  await db.execute(sql`
    update tasks set status = 'pending', placement = 'ready', worker_id = null, stop_requested = null,
      attempt_count = attempt_count - 1
    where id = (select id from tasks where status = 'running' limit 1 for no key update skip locked)`);
  return await exchangeRuns(db, exchange);
}

async function endWithoutFence(...[ctx, run, outcome]: Parameters<typeof endRun>) {
  const [row] = await ctx.db.execute<{ worker_id: string; fence: string }>(
    sql`select worker_id, fence from tasks where id = ${run.taskId} and status = 'running'`,
  );
  const current: Run = row ? { taskId: run.taskId, workerId: row.worker_id, fence: Number(row.fence) } : run;
  return await endRun(ctx, current, outcome);
}
