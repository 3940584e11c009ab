/** The review_comments table: what was posted, and when its reactions are read next. */
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { reviewComments } from "./schema.ts";

export type CommentKind = (typeof reviewComments.$inferSelect)["kind"];

/** The name a comment has at the forge. Inline comments and the others are numbered apart. */
export interface CommentIdentity {
  readonly forge: string;
  readonly host: string;
  readonly kind: CommentKind;
  readonly externalId: number;
}

export type ReviewComment = typeof reviewComments.$inferSelect;
/** A comment just seen on the forge; the rest of the row is the poller's, and its repository the pull request's. */
export type PostedReviewComment = Omit<
  ReviewComment,
  "id" | "repositoryId" | "nextPollAt" | "lastPolledAt" | "missingCount" | "goneAt"
>;

/**
 * Records comments that were just seen on the forge, to be read at the next cycle. One that is known already stays
 * with its first task; if it had been taken for gone, it is not.
 */
export async function captureComments(tx: Tx, comments: readonly PostedReviewComment[]): Promise<void> {
  if (comments.length === 0) return;
  const nextPollAt = sql`reviewd_now()`;
  await tx
    .insert(reviewComments)
    .values(comments.map((comment) => ({ ...comment, ...ofRow(comment), nextPollAt })))
    .onConflictDoUpdate({
      target: [reviewComments.forge, reviewComments.host, reviewComments.kind, reviewComments.externalId],
      set: { goneAt: null, missingCount: 0, nextPollAt },
    });
}

function ofRow({ pullRequestId }: PostedReviewComment) {
  const repositoryId = sql<string>`(select repository_id from pull_requests where id = ${pullRequestId})`;
  return { id: Bun.randomUUIDv7(), repositoryId };
}

/** The pull request's one summary comment, as far as is known. */
export async function findSummaryComment(db: Db | Tx, pullRequestId: string): Promise<ReviewComment | null> {
  const [row] = await db
    .select()
    .from(reviewComments)
    .where(
      and(
        eq(reviewComments.pullRequestId, pullRequestId),
        eq(reviewComments.kind, "summary"),
        isNull(reviewComments.goneAt),
      ),
    );
  return row ?? null;
}

/**
 * Has the pull request's comments read at the next cycle, also those no longer scheduled: something happened there.
 * Sets the time anew even where it is past, so that a read under way does not take it for its own (recordReads).
 */
export async function makeCommentsDue(tx: Tx, pullRequestId: string): Promise<void> {
  // Locked in the order in which the poller locks them: the two would wait for each other otherwise.
  await tx.execute(sql`
    update review_comments set next_poll_at = reviewd_now() where id in (
      select id from review_comments where pull_request_id = ${pullRequestId} and gone_at is null
      order by id for no key update)`);
}

/** One of ours that is still there. */
export async function findComment(db: Db | Tx, comment: CommentIdentity): Promise<ReviewComment | null> {
  const [row] = await db.select().from(reviewComments).where(isThere(comment));
  return row ?? null;
}

/** Ends the reading of a comment that was deleted at the forge. False: it is not one of ours, or was gone already. */
export async function markCommentGone(tx: Tx, comment: CommentIdentity): Promise<boolean> {
  const marked = await tx
    .update(reviewComments)
    .set({ goneAt: sql`reviewd_now()`, nextPollAt: null })
    .where(isThere(comment))
    .returning({ id: reviewComments.id });
  return marked.length > 0;
}

function isThere({ forge, host, kind, externalId }: CommentIdentity): SQL | undefined {
  return and(
    eq(reviewComments.forge, forge),
    eq(reviewComments.host, host),
    eq(reviewComments.kind, kind),
    eq(reviewComments.externalId, externalId),
    isNull(reviewComments.goneAt),
  );
}
