/** Making and removing the records of reviews, their comments and threads. Nothing is checked or announced here. */
import type { Account, PullRequest, Review, ReviewComment, ReviewThread } from "../state.ts";
import type { World } from "../world.ts";
import type { Placement } from "./placement.ts";

export type ReviewEvent = "APPROVE" | "REQUEST_CHANGES" | "COMMENT";

export const stateOf = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED",
} as const;

interface ReviewParts {
  readonly pull: PullRequest;
  readonly author: Account;
  readonly body: string;
  readonly commitId: string;
  /** Absent: kept pending. */
  readonly event: ReviewEvent | undefined;
}

export function addReview(world: World, parts: ReviewParts): Review {
  const { event, ...kept } = parts;
  const now = world.clock.now();
  const review: Review = {
    ...world.nextId("review"),
    ...kept,
    state: event ? stateOf[event] : "PENDING",
    submittedAt: event ? now : null,
    updatedAt: now,
    reactions: [],
    minimizedReason: null,
  };
  world.reviews.set(review.id, review);
  world.nodes.set(review.nodeId, review);
  return review;
}

export function addComment(
  world: World,
  review: Review,
  placement: Placement,
  body: string,
  reply: { readonly thread: ReviewThread; readonly inReplyToId: number } | null = null,
): ReviewComment {
  const now = world.clock.now();
  const comment: ReviewComment = {
    ...placement,
    ...world.nextId("reviewComment"),
    kind: "inline",
    pull: review.pull,
    review,
    thread: reply?.thread ?? addThread(world, review.pull),
    author: review.author,
    body,
    originalLine: placement.line,
    originalStartLine: placement.startLine,
    originalPosition: placement.position,
    originalCommitId: review.commitId,
    commitId: review.commitId,
    inReplyToId: reply?.inReplyToId ?? null,
    createdAt: now,
    updatedAt: now,
    reactions: [],
    minimizedReason: null,
  };
  world.reviewComments.set(comment.id, comment);
  world.nodes.set(comment.nodeId, comment);
  return comment;
}

function addThread(world: World, pull: PullRequest): ReviewThread {
  const thread = { ...world.nextId("thread"), pull, resolvedBy: null, updatedAt: world.clock.now() };
  world.threads.set(thread.id, thread);
  world.nodes.set(thread.nodeId, thread);
  return thread;
}

export function commentsOf(world: World, review: Review): ReviewComment[] {
  return [...world.reviewComments.values()].filter((comment) => comment.review === review);
}

export function removeReview(world: World, review: Review): void {
  world.reviews.delete(review.id);
  world.nodes.delete(review.nodeId);
}

export function removeComment(world: World, comment: ReviewComment): void {
  world.reviewComments.delete(comment.id);
  world.nodes.delete(comment.nodeId);
}
