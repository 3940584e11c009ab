/** What people made of what was said inline, added up: a read across comments, findings and feedback. */
import { type SQL, sql } from "drizzle-orm";
import { verdictsOn } from "./comment-verdict.ts";
import type { Db } from "./connect.ts";

/** What may be told apart, and where it stands. Weeks begin on Monday, in UTC. */
const keys = {
  owner: sql`o.login`,
  repository: sql`r.full_name`,
  category: sql`f.category`,
  rule: sql`coalesce(f.rule_id, '')`,
  severity: sql`f.severity`,
  reviewer: sql`f.reviewer`,
  // As it was asked, since most configurations leave it to the operator.
  model: sql`coalesce(case f.reviewer when 'model' then (select asked.model from model_calls asked
    where asked.task_id = t.id and asked.purpose = 'review' order by asked.id desc limit 1) end, '')`,
  version: sql`coalesce(case f.reviewer when 'model' then t.prompt_hash end, '')`,
  week: sql`to_char(date_trunc('week', c.posted_at at time zone 'UTC'), 'YYYY-MM-DD')`,
} as const satisfies Record<string, SQL>;

export type SummaryKey = keyof typeof keys;
export const summaryKeys = Object.keys(keys) as readonly SummaryKey[];

export interface SummaryFilter {
  /** Only comments of tasks of this owner may be seen; null: all. */
  readonly visibleTo: string | null;
  /** Posted at this time or later. */
  readonly since: Date;
  /** Posted before this time. */
  readonly until: Date;
  /** A login. */
  readonly owner?: string | undefined;
  /** `owner/name` */
  readonly repository?: string | undefined;
}

export interface SummaryGroup {
  /** In the order they were asked for. Empty text where a finding has none of it. */
  readonly keys: readonly string[];
  readonly comments: number;
  /** Comments with more votes for than against, and the other way round. */
  readonly liked: number;
  readonly disliked: number;
  /** Votes of people, weighed by what they may do with the repository. */
  readonly up: number;
  readonly down: number;
  readonly replies: number;
  /** Comments whose thread is resolved; whose review was dismissed. */
  readonly resolved: number;
  readonly dismissed: number;
}

/** Groups with the most comments first. */
export async function summariseFeedback(
  db: Db,
  groupBy: readonly SummaryKey[],
  { visibleTo, since, until, owner, repository }: SummaryFilter,
  limit: number,
): Promise<readonly SummaryGroup[]> {
  const grouped = sql`array[${sql.join(
    groupBy.map((key) => keys[key]),
    sql`, `,
  )}]::text[]`;
  const rows = await db.execute<GroupRow>(sql`
    with posted as (
      select c.id as comment_id, ${grouped} as keys, r.private
      from review_comments c
      join findings f on f.id = c.finding_id
      join tasks t on t.id = c.task_id
      join repositories r on r.id = t.repository_id
      join owners o on o.id = t.owner_id
      where c.kind = 'inline'
        and c.posted_at >= ${since.toISOString()}::timestamptz and c.posted_at < ${until.toISOString()}::timestamptz
        and ${visibleTo === null ? sql`true` : sql`t.owner_id = ${visibleTo}`}
        and ${owner === undefined ? sql`true` : sql`lower(o.login) = lower(${owner})`}
        and ${repository === undefined ? sql`true` : sql`lower(r.full_name) = lower(${repository})`}
    ), verdicts as materialized (${verdictsOn(sql`posted`)})
    select keys, count(*)::int as comments, count(*) filter (where up > down)::int as liked,
      count(*) filter (where down > up)::int as disliked, coalesce(sum(up), 0)::float8 as up,
      coalesce(sum(down), 0)::float8 as down, coalesce(sum(replies), 0)::int as replies,
      count(*) filter (where resolved)::int as resolved, count(*) filter (where dismissed)::int as dismissed
    from posted left join verdicts using (comment_id) group by keys order by count(*) desc, keys limit ${limit}`);
  return rows.map(({ ...row }) => row);
}

type GroupRow = SummaryGroup & Record<string, unknown>;
