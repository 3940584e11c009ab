/**
 * What people made of the comments of each rule, and of each category where no rule was named: a read across comments,
 * findings and feedback, counted as in the summary of feedback.
 */
import { sql } from "drizzle-orm";
import { verdictsOn } from "./comment-verdict.ts";
import type { Db } from "./connect.ts";
import type { Subject } from "./suppressions.ts";

export interface SubjectVotes extends Subject {
  /** Inline comments that were posted. */
  readonly comments: number;
  /** Votes of people, weighed by what they may do with the repository. */
  readonly up: number;
  readonly down: number;
  /** Who voted against, each once; accounts that are gone are nobody. */
  readonly people: number;
  /** Repositories with votes against. */
  readonly repositories: number;
  /** Of comments with more votes against than for, the most disliked first. */
  readonly urls: readonly string[];
}

const opponents = sql`, array_agg(reactor) filter (where leaning < 0) as against`;

/** Of each repository, and of all of an owner's together: whose the repository is now, that one's votes they are. */
const groups = sql`grouping sets ((owner_id, subject_kind, subject), (owner_id, repository_id, subject_kind, subject))`;

/** Only those with more votes against than for. */
export async function listDisliked(
  db: Db,
  /** When the comments were posted. */
  { since, until }: { readonly since: Date; readonly until: Date },
  maxUrls: number,
): Promise<readonly SubjectVotes[]> {
  const rows = await db.execute<SubjectVotes & Record<string, unknown>>(sql`
    with posted as (
      select c.id as comment_id, c.url, c.posted_at, r.owner_id, r.id as repository_id, r.private,
        case when f.rule_id is null then 'category' else 'rule' end as subject_kind,
        coalesce(f.rule_id, f.category) as subject
      from review_comments c
      join findings f on f.id = c.finding_id
      join repositories r on r.id = c.repository_id
      where c.kind = 'inline'
        and c.posted_at >= ${since.toISOString()}::timestamptz and c.posted_at < ${until.toISOString()}::timestamptz
    ), verdicts as (${verdictsOn(sql`posted`, opponents)}
    ), judged as materialized (
      select posted.*, coalesce(up, 0) as up, coalesce(down, 0) as down, against
      from posted left join verdicts using (comment_id)
    ), people as (
      select owner_id, repository_id, subject_kind, subject, count(distinct opponent)::int as people
      from judged cross join unnest(against) as opponent group by ${groups}
    ), disliked as (
      select owner_id, repository_id, subject_kind, subject, count(*)::int as comments, sum(up)::float8 as up,
        sum(down)::float8 as down, count(distinct repository_id) filter (where down > 0)::int as repositories,
        array_agg(url order by down - up desc, posted_at desc, url) filter (where down > up) as urls
      from judged group by ${groups} having sum(down) > sum(up)
    )
    select owner_id as "ownerId", disliked.repository_id as "repositoryId", subject_kind as kind, subject, comments,
      up, down, people, repositories, urls[1:${maxUrls}::int] as urls
    from disliked join people using (owner_id, subject_kind, subject)
    where people.repository_id is not distinct from disliked.repository_id
    order by owner_id, disliked.repository_id nulls first, subject_kind, subject`);
  return rows.map((row) => ({ ...row }));
}
