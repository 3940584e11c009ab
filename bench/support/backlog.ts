/**
 * Backlogs to measure against: many pending tasks of many owners, put into the tables in bulk and placed by the
 * product's own fill_seats, so that what is measured starts from a state the product could have reached.
 */
import type postgres from "postgres";
import { withClient } from "./postgres-server.ts";

/**
 * Whose the tasks are. `uniform`: everybody has as many. `hog`: one owner has the oldest 90 %. `saturated`: everybody
 * has as many, and 90 % of the owners are full. The hog's and the full owners' seats are taken by tasks that run for
 * longer than any benchmark takes.
 */
export type Shape = "uniform" | "hog" | "saturated";

export interface Backlog {
  readonly shape: Shape;
  readonly pending: number;
  readonly owners: number;
  /** Of the owners, one after the other and again from the first; all 1 unless given. */
  readonly weights?: readonly number[];
  /** Of every owner; the product's default unless given. */
  readonly maxRunning?: number;
}

export const maxRunning = 4;

/** Fills an empty, migrated database. The url is a superuser's. */
export async function seedBacklog(url: string, backlog: Backlog): Promise<void> {
  await withClient(url, async (sql) => {
    // Foreign keys are not checked: what is inserted here is consistent, and there are millions of rows.
    await sql.unsafe("set session_replication_role = replica; set synchronous_commit = off");
    await numberTasks(sql, backlog);
    await insertOwners(sql, backlog);
    await insertTasks(sql);
    await placeTasks(sql);
    await sql.unsafe("vacuum (analyze)");
  });
}

/** Queues what a seeded database has finished once more. */
export async function queueAgain(url: string): Promise<void> {
  await withClient(url, async (sql) => {
    await sql`
      insert into tasks (id, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha, base_ref, status,
        placement, max_attempts)
      select uuidv7(), owner_id, repository_id, pull_request_id, 'manual', output_mode, head_sha, base_ref, 'pending',
        'waiting', max_attempts
      from tasks where status = 'completed' and trigger = 'webhook' and not exists (
        select from tasks unfinished
        where unfinished.pull_request_id = tasks.pull_request_id and unfinished.finished_at is null)
      order by id`;
    await placeTasks(sql);
  });
}

async function placeTasks(sql: postgres.Sql): Promise<void> {
  await sql`select fill_seats(array_agg(id order by id), array_agg(null::bigint)) from owners`;
  const broken = await sql`select broken, count(*)::integer from broken_seats group by broken`;
  if (broken.length > 0) throw new Error(`the backlog is broken: ${JSON.stringify(broken)}`);
}

/**
 * A temporary table `numbered` of all tasks with the number of their owner, the oldest first. Those that run and keep
 * owners full are the oldest of all.
 */
export async function numberTasks(sql: postgres.Sql, { shape, pending, owners }: Backlog): Promise<void> {
  const fullOwners = { uniform: 0, hog: 1, saturated: Math.floor(owners * 0.9) }[shape];
  const running = fullOwners * maxRunning;
  const ofHog = shape === "hog" ? Math.floor(pending * 0.9) : 0;
  const rest = shape === "hog" ? { owners: owners - 1, from: 2 } : { owners, from: 1 };
  await sql`
    create temporary table numbered as
    select n, n <= ${running}::integer as running, case
        when n <= ${running}::integer then (n - 1) % ${Math.max(fullOwners, 1)}::integer + 1
        when n <= ${running + ofHog}::integer then 1
        else (n - 1) % ${rest.owners}::integer + ${rest.from}::integer end as owner
    from generate_series(1, ${running + pending}::integer) n`;
}

/** The id of the nth owner, repository, pull request or task: as old as n is small. */
export function seededId(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** With one repository each. */
async function insertOwners(sql: postgres.Sql, backlog: Backlog): Promise<void> {
  const { owners, weights = [1] } = backlog;
  await sql`
    create function pg_temp.seeded_id(n bigint) returns uuid language sql immutable as
      $$ select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$`;
  await sql`
    insert into owners (id, forge, host, external_id, login, kind, max_running, weight)
    select pg_temp.seeded_id(n), 'github', 'bench', n, 'owner-' || n, 'organization', ${backlog.maxRunning ?? maxRunning},
      (${weights}::integer[])[(n - 1) % ${weights.length}::integer + 1]
    from generate_series(1, ${owners}::integer) n`;
  await sql`
    insert into repositories (id, owner_id, forge, host, external_id, full_name, private)
    select id, id, forge, host, external_id, login || '/repository', true from owners`;
}

/** Every task has a pull request of its own. */
async function insertTasks(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into pull_requests
      (id, repository_id, number, state, title, head_sha, base_ref, base_sha, forge_updated_at)
    select pg_temp.seeded_id(n), pg_temp.seeded_id(owner), n, 'open', 'Add cart', md5(n::text), 'main', md5('base'),
      reviewd_now()
    from numbered order by n`;
  await sql`
    insert into workers (id, role, expires_at)
    values (pg_temp.seeded_id(0), 'dispatcher', reviewd_now() + interval '1 day')`;
  await sql`
    insert into tasks (id, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha, base_ref, status,
      placement, rank, max_attempts, attempt_count, fence, worker_id, started_at)
    select pg_temp.seeded_id(n), pg_temp.seeded_id(owner), pg_temp.seeded_id(owner), pg_temp.seeded_id(n), 'webhook',
      'forge', md5(n::text), 'main', case when running then 'running'::task_status else 'pending' end,
      case when not running then 'waiting'::task_placement end, case when running then 0 end, 3, running::integer, running::integer,
      case when running then pg_temp.seeded_id(0) end, case when running then reviewd_now() end
    from numbered order by n`;
  await sql`
    update owners set seats_in_use = ${maxRunning}
    where id in (select pg_temp.seeded_id(owner) from numbered where running)`;
}
