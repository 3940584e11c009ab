/** The review_comments table: what was posted, and when its reactions are read next. */
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { reviewComments } from "./schema.ts";

export type CommentKind = (typeof reviewComments.$inferSelect)["kind"];

/** The name a comment has at the forge. Inline comments and the others are numbered apart. */
export interface CommentIdentity {
  readonly forge: string;
  readonly host: string;
  readonly kind: CommentKind;
  readonly externalId: number;
}

/**
 * Has the pull request's comments read at the next cycle, also those no longer scheduled: something happened there.
 * Sets the time anew even where it is past, so that a read under way does not take it for its own (recordReads).
 */
export async function makeCommentsDue(tx: Tx, pullRequestId: string): Promise<void> {
  await tx
    .update(reviewComments)
    .set({ nextPollAt: sql`reviewd_now()` })
    .where(and(eq(reviewComments.pullRequestId, pullRequestId), isNull(reviewComments.goneAt)));
}

/** Ends the reading of a comment that was deleted at the forge. False: it is not one of ours, or was gone already. */
export async function markCommentGone(tx: Tx, comment: CommentIdentity): Promise<boolean> {
  const marked = await tx
    .update(reviewComments)
    .set({ goneAt: sql`reviewd_now()`, nextPollAt: null })
    .where(
      and(
        eq(reviewComments.forge, comment.forge),
        eq(reviewComments.host, comment.host),
        eq(reviewComments.kind, comment.kind),
        eq(reviewComments.externalId, comment.externalId),
        isNull(reviewComments.goneAt),
      ),
    )
    .returning({ id: reviewComments.id });
  return marked.length > 0;
}
