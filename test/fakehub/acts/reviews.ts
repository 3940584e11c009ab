/** Reviews and their inline comments: made whole or not at all. */
import { unprocessable } from "../github-error.ts";
import { pullFiles } from "../pull-diff.ts";
import { renderReview, renderReviewComment } from "../render/comment.ts";
import { renderPullSimple } from "../render/pull.ts";
import type { Account, PullRequest, Review, ReviewComment, ReviewThread } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import { bodyIsTooLong, tooLong } from "./bodies.ts";
import { moveComments } from "./outdating.ts";
import { type CommentDraft, type Placement, placeComment } from "./placement.ts";

export type ReviewEvent = "APPROVE" | "REQUEST_CHANGES" | "COMMENT";

const stateOf = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

export interface NewReview {
  readonly pull: PullRequest;
  readonly author: Account;
  readonly commitId: string | undefined;
  readonly body: string;
  /** Absent: kept pending, seen by its author only. */
  readonly event: ReviewEvent | undefined;
  readonly comments: readonly CommentDraft[];
}

/** @throws GitHubError 422; then nothing was made. */
export async function createReview(world: World, request: NewReview): Promise<Review> {
  const { pull, author, event, comments } = request;
  const commitId = await commitOf(pull, request.commitId);
  checkBodies(world, request);
  const files = await pullFiles(pull, commitId);
  const placements = comments.map((draft) => ({ draft, placement: placeComment(files, draft) }));
  if (event === undefined && findPending(world, pull, author))
    throw unprocessable("User can only have one pending review per pull request");
  const review = addReview(world, request, commitId);
  for (const { draft, placement } of placements) addComment(world, review, placement, draft.body);
  if (commitId !== pull.headSha) await moveComments(world, pull);
  if (event) announceReview(world, review);
  return review;
}

/** @throws GitHubError 422 */
export function submitReview(world: World, review: Review, event: ReviewEvent, body: string): void {
  if (review.state !== "PENDING") throw unprocessable("Can not submit a review that is not pending");
  if (event !== "APPROVE" && body.trim() === "" && review.body.trim() === "") throw missingBody(event);
  if (body !== "") review.body = body;
  review.state = stateOf[event];
  review.submittedAt = world.clock.now();
  announceReview(world, review);
}

export function commentsOf(world: World, review: Review): ReviewComment[] {
  return [...world.reviewComments.values()].filter((comment) => comment.review === review);
}

export function emitReview(
  world: World,
  review: Review,
  action: "submitted" | "dismissed",
  sender: Account,
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
    },
  });
}

function announceReview(world: World, review: Review): void {
  const { author, pull } = review;
  pull.updatedAt = world.clock.now();
  emitReview(world, review, "submitted", author);
  for (const comment of commentsOf(world, review)) emitReviewComment(world, comment, "created", author);
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

/** Any commit that is, or once was, on the pull request; older ones make a comment outdated at once. */
export async function commitOf(pull: PullRequest, given: string | undefined): Promise<string> {
  if (given === undefined) return pull.headSha;
  const { git } = pull.repository;
  for (const head of pull.headHistory.toReversed())
    if (head === given || (await git.isAncestor(given, head))) return given;
  throw unprocessable("Commit is not part of the pull request");
}

function checkBodies(world: World, { body, event, comments }: NewReview): void {
  const isWanted = event === "COMMENT" || event === "REQUEST_CHANGES";
  if (isWanted && body.trim() === "") throw missingBody(event);
  for (const text of [body, ...comments.map((comment) => comment.body)])
    if (bodyIsTooLong(world, text)) throw unprocessable(tooLong(world));
  if (comments.some((comment) => comment.body.trim() === ""))
    throw unprocessable("Pull request review comment body can't be blank");
}

function missingBody(event: ReviewEvent) {
  const what = event === "COMMENT" ? "comment" : "request for changes";
  return unprocessable(`A ${what} needs a body`);
}

function findPending(world: World, pull: PullRequest, author: Account): Review | undefined {
  return [...world.reviews.values()].find(
    (review) => review.pull === pull && review.author === author && review.state === "PENDING",
  );
}

export function addReview(
  world: World,
  { pull, author, event, body }: Pick<NewReview, "pull" | "author" | "event" | "body">,
  commitId: string,
): Review {
  const now = world.clock.now();
  const review: Review = {
    ...world.nextId("review"),
    pull,
    author,
    body,
    commitId,
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
    kind: "inline",
    ...world.nextId("reviewComment"),
    ...placement,
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
