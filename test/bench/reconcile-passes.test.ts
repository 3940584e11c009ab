/** What is measured of writing reactions: the rows that are compared must be the ones that were to be written. */
import { expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { fillReviews } from "../../bench/support/feedback-database.ts";
import { nextDay, recordBeside } from "../../bench/support/reconcile-passes.ts";
import { reviewFeedback } from "../../src/adapters/postgres/schema.ts";
import { createTestDatabase } from "../support/database.ts";

const comments = 300;

test("every comment is recorded in each pass, beside the same rows, and only what changed is written", async () => {
  const [ours, bare] = [await createTestDatabase(), await createTestDatabase()];
  for (const { db } of [ours, bare]) await fillReviews(db, comments);
  const record = async (givenAnew: (externalId: number) => number) => {
    const recorded = await recordBeside({ ours: ours.db, bare: bare.db }, { givenAnew });
    await nextDay(ours.db);
    return { comments: recorded.comments, touched: recorded.touched };
  };
  const numbers = async ({ db }: typeof ours) =>
    await db
      .select({ comment: reviewFeedback.commentId, number: reviewFeedback.externalId })
      .from(reviewFeedback)
      .where(eq(reviewFeedback.kind, "reaction"))
      .orderBy(sql`1, 2`);

  expect(await record(() => 0)).toEqual({ comments, touched: 3 * comments });
  expect(await record(() => 0)).toEqual({ comments, touched: 0 });
  expect(await numbers(ours)).toHaveLength(3 * comments);
  expect(await record((externalId) => (externalId % 10 === 0 ? 1 : 0))).toEqual({
    comments,
    touched: (2 * comments) / 10,
  });
  expect(await numbers(bare)).toEqual(await numbers(ours));
  await ours.close();
  await bare.close();
});
