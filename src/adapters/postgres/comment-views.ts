/** A task's comments with what people did with them, as the API shows them: a read across three tables. */
import { and, asc, eq, isNull } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { findings, reviewComments, reviewFeedback } from "./schema.ts";

export interface FeedbackView {
  readonly kind: (typeof reviewFeedback.$inferSelect)["kind"];
  readonly content: string;
  /** Null for a deleted account, or one that may not be seen. */
  readonly reactorId: number | null;
  readonly reactorLogin: string | null;
  readonly createdAt: Date;
}

export interface CommentView {
  readonly id: string;
  readonly kind: (typeof reviewComments.$inferSelect)["kind"];
  readonly path: string | null;
  readonly line: number | null;
  /** Null where the comment is not about one finding. */
  readonly severity: (typeof findings.$inferSelect)["severity"] | null;
  readonly findingId: string | null;
  readonly url: string;
  readonly postedAt: Date;
  readonly goneAt: Date | null;
  /** What holds now: what was taken back is not in it. */
  readonly feedback: readonly FeedbackView[];
}

/** In the order in which they were posted. */
export async function listCommentViews(db: Db, taskId: string): Promise<readonly CommentView[]> {
  const comments = await db
    .select({
      id: reviewComments.id,
      kind: reviewComments.kind,
      path: reviewComments.path,
      line: reviewComments.line,
      severity: findings.severity,
      findingId: reviewComments.findingId,
      url: reviewComments.url,
      postedAt: reviewComments.postedAt,
      goneAt: reviewComments.goneAt,
    })
    .from(reviewComments)
    .leftJoin(findings, eq(findings.id, reviewComments.findingId))
    .where(eq(reviewComments.taskId, taskId))
    .orderBy(asc(reviewComments.postedAt), asc(reviewComments.id));
  const feedback = Map.groupBy(await listLiveFeedback(db, taskId), ({ commentId }) => commentId);
  return comments.map((comment) => ({ ...comment, feedback: feedback.get(comment.id) ?? [] }));
}

async function listLiveFeedback(
  db: Db,
  taskId: string,
): Promise<readonly (FeedbackView & { readonly commentId: string })[]> {
  return await db
    .select({
      commentId: reviewFeedback.commentId,
      kind: reviewFeedback.kind,
      content: reviewFeedback.content,
      reactorId: reviewFeedback.reactorExternalId,
      reactorLogin: reviewFeedback.reactorLogin,
      createdAt: reviewFeedback.createdAt,
    })
    .from(reviewFeedback)
    .innerJoin(reviewComments, eq(reviewComments.id, reviewFeedback.commentId))
    .where(and(eq(reviewComments.taskId, taskId), isNull(reviewFeedback.removedAt)))
    .orderBy(asc(reviewFeedback.createdAt), asc(reviewFeedback.id));
}
