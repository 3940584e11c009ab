/** How good the last reviews were, for metrics: a few numbers, however many repositories, categories and versions. */
import { sql } from "drizzle-orm";
import { verdictsOn } from "./comment-verdict.ts";
import type { Db } from "./connect.ts";

export const qualityDimensions = ["repository", "category", "reviewer", "version"] as const;
type QualityDimension = (typeof qualityDimensions)[number];

export interface FindingQuality {
  readonly dimension: QualityDimension;
  /** `other`: all but those with the most findings. */
  readonly name: string;
  /** Findings that were said, inline or in the summary; said before and so not again. */
  readonly posted: number;
  readonly repeated: number;
  /** Inline comments with more votes for than against, and the other way round. */
  readonly liked: number;
  readonly disliked: number;
  readonly resolved: number;
  readonly dismissed: number;
}

/** Names that are told apart. The reviewers are three, by the table's own check. */
const most: Readonly<Record<QualityDimension, number>> = {
  repository: 20,
  category: 10,
  reviewer: 3,
  version: 5,
};

/** Of the last seven days: votes come late. Findings without a version, which no model made, have none there. */
export async function readFindingQuality(db: Db): Promise<readonly FindingQuality[]> {
  const rows = await db.execute<FindingQuality & Record<string, unknown>>(sql`
    with found as (
      select f.id, f.disposition, f.category, f.reviewer, r.full_name as repository,
        case f.reviewer when 'model' then t.prompt_hash end as version,
        c.id as comment_id, r.private
      from findings f
      join tasks t on t.id = f.task_id
      join repositories r on r.id = t.repository_id
      left join review_comments c on c.finding_id = f.id and c.kind = 'inline'
      where f.created_at >= reviewd_now() - interval '7 days' and f.disposition <> 'withheld'
    ), verdicts as materialized (${verdictsOn(sql`found`)}
    ), counted as (
      select case grouping(repository, category, reviewer, version)
          when 7 then 'repository' when 11 then 'category' when 13 then 'reviewer' when 14 then 'version' end as dimension,
        coalesce(repository, category, reviewer, version) as name,
        count(*) filter (where disposition <> 'repeated') as posted,
        count(*) filter (where disposition = 'repeated') as repeated,
        count(*) filter (where up > down) as liked, count(*) filter (where down > up) as disliked,
        count(*) filter (where resolved) as resolved, count(*) filter (where dismissed) as dismissed
      from found left join verdicts using (comment_id)
      group by grouping sets (repository, category, reviewer, version)
    ), placed as (
      select *, row_number() over (partition by dimension order by posted + repeated desc, name)
        <= (${JSON.stringify(most)}::text::jsonb ->> dimension)::int as is_named
      from counted where name is not null
    )
    select dimension, case when is_named then name else 'other' end as name, sum(posted)::int as posted,
      sum(repeated)::int as repeated, sum(liked)::int as liked, sum(disliked)::int as disliked,
      sum(resolved)::int as resolved, sum(dismissed)::int as dismissed
    from placed group by 1, 2 order by 1, 2`);
  return rows.map((row) => ({ ...row }));
}

export interface FirstComments {
  /** Null: of all of them. */
  readonly dimension: QualityDimension | null;
  /** `other`: all but those with the most reviews. */
  readonly name: string;
  /** Reviews whose inline comments were posted within the last day. */
  readonly reviews: number;
  /** Seconds from when their tasks were made, by quantile. */
  readonly seconds: Readonly<Record<"0.5" | "0.95" | "0.99", number>>;
}

/** None of what had no review. When a review was posted is the forge's time, to the second. */
export async function readFirstComments(db: Db): Promise<readonly FirstComments[]> {
  const rows = await db.execute<Omit<FirstComments, "seconds"> & FirstCommentsRow>(sql`
    with first_comments as (
      select t.id, dimension, name, min(extract(epoch from c.posted_at - t.created_at)::float8) as seconds
      from review_comments c
      join tasks t on t.id = c.task_id
      join repositories r on r.id = t.repository_id
      left join findings f on f.id = c.finding_id
      cross join lateral (values (null, ''), ('repository', r.full_name), ('category', f.category),
        ('reviewer', f.reviewer), ('version', case f.reviewer when 'model' then t.prompt_hash end)) as of_one(dimension, name)
      where c.kind = 'inline' and c.posted_at >= reviewd_now() - interval '1 day' and name is not null
      group by t.id, dimension, name
    ), placed as (
      select dimension, name, dimension is null or row_number() over (partition by dimension order by count(*) desc, name)
        <= (${JSON.stringify(most)}::text::jsonb ->> dimension)::int as is_named
      from first_comments group by dimension, name
    )
    select placed.dimension, case when is_named then placed.name else 'other' end as name,
      count(distinct first_comments.id)::int as reviews,
      percentile_cont(array[0.5, 0.95, 0.99]) within group (order by greatest(seconds, 0)) as quantiles
    from placed
    join first_comments on first_comments.name = placed.name and first_comments.dimension is not distinct from placed.dimension
    group by 1, 2 order by 1 nulls first, 2`);
  return rows.map(({ dimension, name, reviews, quantiles: [median, p95, p99] }) => ({
    ...{ dimension, name, reviews, seconds: { "0.5": median, "0.95": p95, "0.99": p99 } },
  }));
}

type FirstCommentsRow = Record<string, unknown> & { readonly quantiles: readonly [number, number, number] };
