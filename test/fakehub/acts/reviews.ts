/** Reviews and their inline comments: made whole or not at all. */
import { unprocessable } from "../github-error.ts";
import { pullFiles } from "../pull-diff.ts";
import type { Account, PullRequest, Review } from "../state.ts";
import type { World } from "../world.ts";
import { bodyIsTooLong, tooLong } from "./bodies.ts";
import { moveComments } from "./outdating.ts";
import { type CommentDraft, placeComment } from "./placement.ts";
import { announceReview, emitReview } from "./review-events.ts";
import {
  addComment,
  addReview,
  commentsOf,
  type ReviewEvent,
  removeComment,
  removeReview,
  stateOf,
} from "./review-records.ts";

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
  const review = addReview(world, { pull, author, event, commitId, body: request.body });
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

/** @throws GitHubError 422 */
export function editReview(world: World, review: Review, body: string, by: Account): void {
  if (bodyIsTooLong(world, body)) throw unprocessable(tooLong(world));
  const changes = { body: { from: review.body } };
  review.body = body;
  review.updatedAt = world.clock.now();
  if (review.state !== "PENDING") emitReview(world, review, "edited", by, { changes });
}

/** @throws GitHubError 422 for a review that asked for nothing. */
export function dismissReview(world: World, review: Review, by: Account): void {
  if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED")
    throw unprocessable("Can not dismiss a commented pull request review");
  review.state = "DISMISSED";
  emitReview(world, review, "dismissed", by);
}

/** What was submitted stays. @throws GitHubError 422 */
export function deletePendingReview(world: World, review: Review): void {
  if (review.state !== "PENDING") throw unprocessable("Can not delete a non-pending pull request review");
  for (const comment of commentsOf(world, review)) removeComment(world, comment);
  removeReview(world, review);
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
