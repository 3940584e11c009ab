/** Queues with one thing wrong: what the checks of this folder must notice. */
import { sql } from "drizzle-orm";
import type { Db } from "../../../../src/adapters/postgres/connect.ts";
import { type ClaimedTask, claimTasks, type Run } from "../../../../src/adapters/postgres/runs.ts";
import { settleTask } from "../../../../src/domain/task/settle-task.ts";
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
    queue: { claimTasks: claimByCounting },
  },
  {
    name: "a claim that takes what is running",
    check: "concurrent",
    noticed: /claimed and left no trace/,
    queue: { claimTasks: claimRunning },
  },
  {
    name: "a pull request that is never busy",
    check: "concurrent",
    noticed: /publishing to pull request/,
    inFunction: {
      name: "place_task",
      edits: [["task.output_mode = 'forge' and exists", "false and exists"]],
    },
    droppedIndex: "tasks_one_publisher",
  },
  {
    name: "a settlement without the fence",
    check: "sequential",
    queue: { settleTask: settleWithoutFence },
  },
  {
    name: "lock_places that locks no owner",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat/,
    inFunction: {
      name: "lock_places",
      edits: [["order by id for no key update;\nend", "order by id;\nend"]],
    },
  },
  {
    name: "an owner that looks full is not locked",
    check: "concurrent",
    noticed: /free seat|seats_in_use is not|hold a seat/,
    inFunction: {
      name: "lock_places",
      edits: [
        ["where id = any (owner_ids)", "where seats_in_use < max_running and (id = any (owner_ids)"],
        ["'running'))\n", "'running')))\n"],
      ],
    },
  },
  {
    name: "lock_places that locks no pull request",
    check: "concurrent",
    noticed: /pull request is free|may publish|40P01/,
    inFunction: {
      name: "lock_places",
      edits: [["(pull_request_ids) order by id for no key update", "(pull_request_ids)"]],
    },
  },
  {
    name: "release_seat that forgets the held task",
    check: "sequential",
    inFunction: { name: "release_seat", edits: [["if held_pull_request then", "if false then"]] },
  },
  {
    name: "release_seat that forgets the seat",
    check: "sequential",
    inFunction: { name: "release_seat", edits: [["if held_seat then", "if false then"]] },
  },
  {
    name: "fill_seats that overfills by one",
    check: "sequential",
    inFunction: {
      name: "fill_seats",
      edits: [
        ["seats_in_use >= owner.max_running", "seats_in_use > owner.max_running"],
        ["limit owner.max_running - owner", "limit owner.max_running + 1 - owner"],
      ],
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
      name: "place_task",
      edits: [["not pull_request_busy and fill_seats(task.owner_id) > 0", "not pull_request_busy"]],
    },
  },
  {
    name: "a task for the app that waits for the publisher",
    check: "sequential",
    inFunction: { name: "place_task", edits: [["task.output_mode = 'forge' and exists", "exists"]] },
  },
  {
    name: "a claim that starts a task lost twice beside others",
    check: "sequential",
    queue: { claimTasks: (db, claim) => claimTasks(db, { ...claim, idle: true }) },
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

async function claimByCounting(
  db: Db,
  claim: Parameters<typeof claimTasks>[1],
): Promise<readonly ClaimedTask[]> {
  await db.execute(sql`
    update tasks set placement = 'ready', rank_at = reviewd_now() - interval '1 hour' where id in (
      select t.id from tasks t join owners o on o.id = t.owner_id
      where t.placement = 'waiting' and o.max_running > (
        select count(*) from tasks r where r.owner_id = t.owner_id and r.status = 'running')
      order by t.priority, t.id limit ${claim.limit} for no key update of t skip locked)`);
  return await claimTasks(db, claim);
}

async function claimRunning(
  db: Db,
  claim: Parameters<typeof claimTasks>[1],
): Promise<readonly ClaimedTask[]> {
  await db.execute(sql`
    update tasks set status = 'pending', placement = 'ready', rank_at = reviewd_now(), worker_id = null,
      stop_requested = null, attempt_count = attempt_count - 1
    where id = (select id from tasks where status = 'running' limit 1 for no key update skip locked)`);
  return await claimTasks(db, claim);
}

async function settleWithoutFence(...[ctx, run, outcome]: Parameters<typeof settleTask>) {
  const [row] = await ctx.db.execute<{ worker_id: string; fence: string }>(
    sql`select worker_id, fence from tasks where id = ${run.taskId} and status = 'running'`,
  );
  const current: Run = row ? { taskId: run.taskId, workerId: row.worker_id, fence: Number(row.fence) } : run;
  return await settleTask(ctx, current, outcome);
}
