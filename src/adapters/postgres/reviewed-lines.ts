/** The reviewed_lines table: what a review remembers of the lines it read, as bytes that only the review understands. */
import { and, desc, eq, ne, notInArray } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { publications, reviewedLines } from "./schema.ts";

interface Where {
  readonly pullRequestId: string;
  readonly exceptTaskId: string;
}

/** Of the review whose summary was posted last; null when none was. */
export async function findReviewedLines(tx: Tx, where: Where): Promise<Uint8Array | null> {
  const [row] = await ofPosted(tx, where);
  return row?.lines ?? null;
}

/** Remembers a task's, and forgets those that nobody will ask for. Caller holds the pull request's lock. */
export async function insertReviewedLines(tx: Tx, row: typeof reviewedLines.$inferInsert): Promise<void> {
  const { taskId, pullRequestId } = row;
  const posted = await ofPosted(tx, { pullRequestId, exceptTaskId: taskId });
  const kept = [taskId, ...posted.map((one) => one.taskId)];
  await tx
    .delete(reviewedLines)
    .where(and(eq(reviewedLines.pullRequestId, pullRequestId), notInArray(reviewedLines.taskId, kept)));
  await tx.insert(reviewedLines).values(row);
}

function ofPosted(tx: Tx, { pullRequestId, exceptTaskId }: Where) {
  return tx
    .select({ taskId: reviewedLines.taskId, lines: reviewedLines.lines })
    .from(reviewedLines)
    .innerJoin(publications, eq(publications.taskId, reviewedLines.taskId))
    .where(
      and(
        eq(reviewedLines.pullRequestId, pullRequestId),
        ne(reviewedLines.taskId, exceptTaskId),
        eq(publications.kind, "summary"),
        eq(publications.state, "posted"),
      ),
    )
    .orderBy(desc(publications.postedAt))
    .limit(1);
}
