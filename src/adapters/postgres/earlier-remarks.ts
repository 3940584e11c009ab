/**
 * What was said on a pull request and what people of its repository disliked: a read across findings, comments and
 * feedback. Never of another repository.
 */
import { and, asc, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { EarlierRemark } from "../reviewer/reviewer.ts";
import type { Db, Tx } from "./connect.ts";
import { findOrigins } from "./findings.ts";
import { findings, pullRequests, reviewComments, reviewFeedback } from "./schema.ts";

/** Of these, whatever was said on the pull request itself. */
const maxDownvoted = 10;
/** Of one remark, the newest, and characters of each. */
const maxReplies = 3;
const maxReplyChars = 500;

interface Wanted {
  readonly pullRequestId: string;
  readonly repositoryId: string;
  readonly exceptTaskId: string;
  readonly limit: number;
}

type Remark = Pick<EarlierRemark, "path" | "line" | "title" | "verdict"> & { readonly originId: string };

/** Newest first, what was said on the pull request before what was disliked elsewhere. */
export async function findEarlierRemarks(db: Db | Tx, wanted: Wanted): Promise<readonly EarlierRemark[]> {
  const downvoted = await findDownvoted(db, wanted.repositoryId);
  const disliked = new Set(downvoted.map(({ originId }) => originId));
  const said = (await findOrigins(db, wanted)).filter(({ originId }) => !disliked.has(originId)).reverse();
  const own = said.flatMap(({ state, originId, path, line, title }): Remark[] =>
    state === "gone" ? [] : [{ verdict: state, originId, path, line, title }],
  );
  const remarks = [...own.slice(0, wanted.limit - downvoted.length), ...downvoted];
  const replies = await findReplies(db, remarks);
  return remarks.map(({ originId, ...remark }) => ({ ...remark, replies: replies.get(originId) ?? [] }));
}

/** Each once, the latest dislike first. Reactions of our own and of other bots are not stored. */
async function findDownvoted(db: Db | Tx, repositoryId: string): Promise<readonly Remark[]> {
  const lastAt = sql`max(${reviewFeedback.createdAt})`;
  const rows = await db
    .select({
      originId: findings.originId,
      path: sql<string>`min(${findings.path})`,
      line: sql<number>`min(${findings.line})`.mapWith(Number),
      title: sql<string>`min(${findings.title})`,
    })
    .from(reviewFeedback)
    .innerJoin(reviewComments, eq(reviewComments.id, reviewFeedback.commentId))
    .innerJoin(findings, eq(findings.id, reviewComments.findingId))
    .innerJoin(pullRequests, eq(pullRequests.id, findings.pullRequestId))
    .where(
      and(
        eq(pullRequests.repositoryId, repositoryId),
        eq(reviewFeedback.kind, "reaction"),
        eq(reviewFeedback.content, "-1"),
        isNull(reviewFeedback.removedAt),
      ),
    )
    .groupBy(findings.originId)
    .orderBy(desc(lastAt), asc(findings.originId))
    .limit(maxDownvoted);
  return rows.map((row) => ({ ...row, verdict: "downvoted" }));
}

/** By origin, oldest first. */
async function findReplies(
  db: Db | Tx,
  remarks: readonly Remark[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (remarks.length === 0) return new Map();
  const originIds = remarks.map(({ originId }) => originId);
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
