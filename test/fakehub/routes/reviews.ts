/** Reviews: posting, reading, changing, dismissing. */

import { commentsOf, type ReviewEvent } from "../acts/review-records.ts";
import {
  createReview,
  deletePendingReview,
  dismissReview,
  editReview,
  type NewReview,
  submitReview,
} from "../acts/reviews.ts";
import type { Answer, Call, Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { renderReview, renderReviewCommentOfReview } from "../render/comment.ts";
import type { Review } from "../state.ts";

interface ReviewRequest {
  readonly commit_id?: string;
  readonly body?: string;
  readonly event?: ReviewEvent;
  readonly comments?: NewReview["comments"];
}

export const reviewRoutes = {
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews": (call) => {
    const pull = call.getPull();
    const visible = [...call.world.reviews.values()].filter((r) => r.pull === pull && isVisible(call, r));
    return call.list(visible, (review) => renderReview(call.world, review));
  },
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews": async (call) => {
    const { commit_id, body, event, comments } = call.body<ReviewRequest>();
    const review = await createReview(call.world, {
      pull: call.getPull(),
      author: call.author,
      commitId: commit_id,
      body: body ?? "",
      event,
      comments: comments ?? [],
    });
    return shown(call, review);
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": (call) => shown(call, getReview(call)),
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": (call) => {
    const review = getOwnReview(call);
    editReview(call.world, review, call.body<{ body: string }>().body, call.author);
    return shown(call, review);
  },
  "DELETE /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": (call) => {
    const review = getOwnReview(call);
    deletePendingReview(call.world, review);
    return shown(call, review);
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments": (call) =>
    call.list(commentsOf(call.world, getReview(call)), (comment) =>
      renderReviewCommentOfReview(call.world, comment),
    ),
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals": (call) => {
    const review = getReview(call);
    dismissReview(call.world, review, call.author);
    return shown(call, review);
  },
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events": (call) => {
    const review = getOwnReview(call);
    const { event, body } = call.body<{ event: ReviewEvent; body?: string }>();
    submitReview(call.world, review, event, body ?? "");
    return shown(call, review);
  },
} satisfies Routes;

function shown({ world }: Call, review: Review): Answer {
  return { status: 200, body: renderReview(world, review) };
}

/** A pending review is its author's secret. */
function isVisible(call: Call, review: Review): boolean {
  return review.state !== "PENDING" || review.author === call.author;
}

function getReview(call: Call): Review {
  const review = call.world.reviews.get(call.number("review_id"));
  if (!review || review.pull !== call.getPull() || !isVisible(call, review)) throw notFound();
  return review;
}

function getOwnReview(call: Call): Review {
  const review = getReview(call);
  if (review.author !== call.author) throw notFound();
  return review;
}
