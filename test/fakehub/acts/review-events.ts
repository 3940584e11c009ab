/** The webhooks of reviews and their comments. */
import { renderReview, renderReviewComment } from "../render/comment.ts";
import { renderPullSimple } from "../render/pull.ts";
import type { Account, Review, ReviewComment } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import { commentsOf } from "./review-records.ts";

/** A review arrives as one event of its own and one for each comment. */
export function announceReview(world: World, review: Review): void {
  const { author, pull } = review;
  pull.updatedAt = world.clock.now();
  emitReview(world, review, "submitted", author);
  for (const comment of commentsOf(world, review)) emitReviewComment(world, comment, "created", author);
}

export function emitReview(
  world: World,
  review: Review,
  action: "submitted" | "edited" | "dismissed",
  sender: Account,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  const { pull } = review;
  const shown = renderReview(world, review);
  emitForRepository(world, pull.repository, {
    event: "pull_request_review",
    action,
    sender,
    payload: {
      review: { ...shown, state: review.state.toLowerCase(), updated_at: review.updatedAt },
      pull_request: renderPullSimple(world, pull),
      ...extra,
    },
  });
}

export function emitReviewComment(
  world: World,
  comment: ReviewComment,
  action: "created" | "edited" | "deleted",
  sender: Account,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  const { pull } = comment;
  emitForRepository(world, pull.repository, {
    event: "pull_request_review_comment",
    action,
    sender,
    payload: {
      comment: renderReviewComment(world, comment),
      pull_request: renderPullSimple(world, pull),
      ...extra,
    },
  });
}
