/**
 * What was said on a pull request and what people of its repository disliked: a read across findings, comments and
 * feedback. Never of another repository.
 */
import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { EarlierRemark } from "../reviewer/reviewer.ts";
import { verdictsOn } from "./comment-verdict.ts";
import type { Db, Tx } from "./connect.ts";
import { findOrigins } from "./findings.ts";
import { findings, reviewComments, reviewFeedback } from "./schema.ts";

/** Of these, whatever was said on the pull request itself. */
const maxDownvoted = 10;
/**
 * Of what was disliked last, as many are judged: all of it took two minutes in a repository with 100,000 comments of which
 * a tenth was disliked, and so many take less than a second.
 */
const maxJudged = 200;
/** Votes against, less those in favour. */
const notWantedBy = 1;
/** Of one remark, the newest, and characters of each. */
const maxReplies = 3;
const maxReplyChars = 500;

interface Wanted {
  readonly pullRequestId: string;
  readonly repositoryId: string;
  readonly exceptTaskId: string;
  readonly limit: number;
}

type Remark = Pick<EarlierRemark, "path" | "line" | "title" | "verdict"> & {
  readonly pullRequestId: string;
  readonly originId: string;
};

/** Newest first, what was said on the pull request before what was disliked elsewhere. */
export async function findEarlierRemarks(db: Db | Tx, wanted: Wanted): Promise<readonly EarlierRemark[]> {
  const downvoted = await findDownvoted(db, wanted.repositoryId);
  const disliked = new Set(downvoted.map(({ originId }) => originId));
  const said = (await findOrigins(db, wanted)).filter(({ originId }) => !disliked.has(originId)).reverse();
  const own = said.flatMap(({ state, originId, path, line, title }): Remark[] =>
    state === "gone"
      ? []
      : [{ verdict: state, pullRequestId: wanted.pullRequestId, originId, path, line, title }],
  );
  const remarks = [...own.slice(0, wanted.limit - downvoted.length), ...downvoted];
  const replies = await findReplies(db, remarks);
  return remarks.map(({ verdict, path, line, title, originId }) => ({
    ...{ verdict, path, line, title, replies: replies.get(originId) ?? [] },
  }));
}

/**
 * Each once, the latest dislike first. Reactions of our own and of other bots are not stored. On a public repository it
 * takes somebody who may write, or four who just came by: else anybody could keep reviews from saying something.
 */
async function findDownvoted(db: Db | Tx, repositoryId: string): Promise<readonly Remark[]> {
  const rows = await db.execute<Omit<Remark, "verdict">>(sql`
    with disliked as materialized (
      select f.pull_request_id, f.origin_id, max(review_feedback.created_at) as last_at
      from review_feedback
      join review_comments c on c.id = review_feedback.comment_id
      join findings f on f.id = c.finding_id
      join pull_requests p on p.id = c.pull_request_id
      where p.repository_id = ${repositoryId} and review_feedback.kind = 'reaction'
        and review_feedback.content = '-1' and review_feedback.removed_at is null
      group by f.pull_request_id, f.origin_id order by last_at desc, f.origin_id limit ${maxJudged}
    ), said as materialized (
      select c.id as comment_id, disliked.*, r.private, f.path, f.line, f.title
      from disliked
      join findings f on f.pull_request_id = disliked.pull_request_id and f.origin_id = disliked.origin_id
      join review_comments c on c.finding_id = f.id
      join repositories r on r.id = c.repository_id
    ), verdicts as (${verdictsOn(sql`said`)})
    select pull_request_id as "pullRequestId", origin_id as "originId", min(path) as path, min(line) as line,
      min(title) as title
    from said join verdicts using (comment_id)
    group by pull_request_id, origin_id, last_at having sum(down - up) >= ${notWantedBy}
    order by last_at desc, origin_id limit ${maxDownvoted}`);
  return rows.map((row) => ({ ...row, verdict: "downvoted" }));
}

/** By origin, oldest first. */
async function findReplies(
  db: Db | Tx,
  remarks: readonly Remark[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (remarks.length === 0) return new Map();
  const originIds = remarks.map(({ originId }) => originId);
  const pullRequestIds = [...new Set(remarks.map(({ pullRequestId }) => pullRequestId))];
  const rows = await db
    .select({
      originId: findings.originId,
      text: sql<string>`left(${reviewFeedback.content}, ${maxReplyChars})`,
    })
    .from(reviewFeedback)
    .innerJoin(reviewComments, eq(reviewComments.id, reviewFeedback.commentId))
    .innerJoin(findings, eq(findings.id, reviewComments.findingId))
    .where(
      and(
        // Named for the index alone.
        inArray(findings.pullRequestId, pullRequestIds),
        inArray(findings.originId, originIds),
        eq(reviewFeedback.kind, "reply"),
        isNull(reviewFeedback.removedAt),
      ),
    )
    .orderBy(asc(reviewFeedback.createdAt), asc(reviewFeedback.id));
  const byOrigin = Map.groupBy(rows, ({ originId }) => originId);
  return new Map(
    [...byOrigin].map(([originId, ofOrigin]) => [
      originId,
      ofOrigin.slice(-maxReplies).map(({ text }) => text),
    ]),
  );
}
