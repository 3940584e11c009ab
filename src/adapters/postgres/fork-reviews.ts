/** How many reviews authors from forks have had lately: across tasks and pull requests. */
import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

/** A task's id holds when it was made by our clock, so it bounds the search; the day itself is the database's. */
const isOfToday = sql`t.created_at > reviewd_now() - interval '24 hours' and t.id >
  (lpad(to_hex(((extract(epoch from clock_timestamp()) - 2 * 86400) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid`;

/** Automatic ones that take, took or will take a run. */
const counts = sql`p.from_fork and t.trigger in ('webhook', 'sweep') and ${isOfToday}
  and (t.status in ('pending', 'running', 'completed', 'failed')
    or t.status in ('cancelled', 'superseded') and t.started_at is not null)`;

export interface HeadFromFork {
  readonly repositoryId: string;
  readonly pullRequestId: string;
  readonly headSha: string;
  /** The author's id at the forge. */
  readonly authorId: number | null;
}

/** Of the author, other heads than this one. @param before only those made before this task; null: all */
export async function countForkReviews(
  db: Db | Tx,
  { repositoryId, pullRequestId, headSha, authorId }: HeadFromFork,
  before: string | null,
): Promise<number> {
  const isBefore = before === null ? sql`true` : sql`t.id < ${before}`;
  const isAuthor = sql`p.author_external_id is not distinct from ${authorId}::bigint`;
  const isOther = sql`(t.pull_request_id, t.head_sha) is distinct from (${pullRequestId}::uuid, ${headSha})`;
  const [row] = await select(db, repositoryId, sql`${isAuthor} and ${isOther} and ${isBefore}`);
  return row?.count ?? 0;
}

/** By the author's id at the forge. */
export async function countForkReviewsByAuthor(
  db: Db,
  repositoryId: string,
): Promise<ReadonlyMap<number | null, number>> {
  const rows = await select(db, repositoryId, sql`true`);
  return new Map(rows.map(({ author, count }) => [author === null ? null : Number(author), count]));
}

async function select(db: Db | Tx, repositoryId: string, condition: SQL) {
  return await db.execute<{ author: string | null; count: number }>(sql`
    select p.author_external_id as author, count(*)::int as count
    from tasks t join pull_requests p on p.id = t.pull_request_id
    where t.repository_id = ${repositoryId} and ${counts} and ${condition}
    group by p.author_external_id`);
}
