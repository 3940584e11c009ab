/**
 * A database with reviews of ten findings each, all said in inline comments over the last days, and nothing given yet.
 * Whatever it is filled into, a comment has the same number and the same id, which grows with time as ours do.
 */
import { sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";

/** Of each review. */
const commentsPerReview = 10;
const owners = 20;
const repositoriesPerOwner = 10;
/** Young enough to be read on the days that follow, too. */
const spreadDays = 10;

/** @param comments a multiple of ten */
export async function fillReviews(db: Db, comments: number): Promise<void> {
  await db.execute(sql`
    insert into owners (id, forge, host, external_id, login, kind, max_running)
    select gen_random_uuid(), 'github', 'github.test', i, 'owner-' || i, 'organization', 4
    from generate_series(1, ${owners}) i`);
  await db.execute(sql`
    insert into installations (id, owner_id, forge, host, external_id)
    select gen_random_uuid(), id, forge, host, external_id from owners`);
  await db.execute(sql`
    insert into repositories (id, owner_id, installation_id, forge, host, external_id, full_name, private)
    select gen_random_uuid(), i.owner_id, i.id, i.forge, i.host, i.external_id * 1000 + n,
      'owner-' || i.external_id || '/repository-' || n, true
    from installations i, generate_series(1, ${repositoriesPerOwner}) n`);
  const reviews = comments / commentsPerReview;
  const at = sql`now() - ${spreadDays} * interval '1 day' * n / ${reviews}`;
  await db.execute(sql`
    with repository as (select *, row_number() over (order by external_id) as place from repositories),
    pull_request as (
      insert into pull_requests
        (id, repository_id, number, state, title, head_sha, base_ref, base_sha, forge_updated_at, created_at)
      select gen_random_uuid(), r.id, n, 'open', 'Change ' || n, md5(n::text), 'main', 'base', ${at}, ${at}
      from generate_series(1, ${reviews}) n
      join repository r on r.place = n % ${owners * repositoriesPerOwner} + 1
      returning *
    ), task as (
      insert into tasks (id, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha, base_ref, status,
        reason, attempt_count, max_attempts, prompt_hash, created_at, started_at, finished_at)
      select gen_random_uuid(), r.owner_id, r.id, p.id, 'webhook', 'forge', p.head_sha, 'main', 'completed',
        'reviewed', 1, 3, 'prompt-' || p.number % 4, p.created_at, p.created_at, p.created_at + interval '1 minute'
      from pull_request p join repositories r on r.id = p.repository_id returning *
    )
    insert into publications (id, task_id, pull_request_id, kind, state, payload, posted_at, created_at)
    select gen_random_uuid(), id, pull_request_id, 'review', 'posted', '{}', finished_at, created_at from task`);
  await db.execute(sql`
    insert into findings (id, task_id, pull_request_id, ordinal, reviewer, rule_id, path, start_line, line, severity,
      category, title, body, reported_by, fingerprint, anchor, origin_id, disposition, created_at)
    select id, task_id, pull_request_id, n, reviewer, 'rule-' || n, 'src/file-' || n || '.ts', n + 1, n + 1,
      (array['critical', 'high', 'medium', 'low'])[n % 4 + 1], (array['security', 'correctness', 'tests'])[n % 3 + 1],
      'What is wrong', 'Why it is wrong, and what to do.', array[reviewer], 'f' || n, 'a' || n, id, 'inline', finished_at
    from (select t.id as task_id, t.pull_request_id, t.finished_at, n, gen_random_uuid() as id,
        (array['rules', 'model'])[n % 2 + 1] as reviewer
      from tasks t, generate_series(0, ${commentsPerReview - 1}) n) made`);
  await db.execute(sql`
    insert into review_comments (id, task_id, publication_id, finding_id, pull_request_id, repository_id, forge, host,
      kind, external_id, node_id, path, line, url, posted_at, next_poll_at)
    select (lpad(to_hex(number), 12, '0') || substr(md5(number::text), 13))::uuid, task_id, publication_id, finding_id,
      pull_request_id, repository_id, 'github', 'github.test', 'inline', number, 'PRRC_' || number, path, line,
      'https://github.test/comment', finished_at, now()
    from (select t.id as task_id, t.pull_request_id, t.repository_id, t.finished_at, p.id as publication_id,
        f.id as finding_id, f.path, f.line, row_number() over (order by t.finished_at, f.ordinal) as number
      from findings f join tasks t on t.id = f.task_id join publications p on p.task_id = t.id) said`);
  await db.execute(sql`vacuum analyze`);
}
