/** The conversation of a pull request: comments on it, replies in its threads, and both taken back. */
import { GitHubError, invalidField, unprocessable } from "../github-error.ts";
import { pullFiles } from "../pull-diff.ts";
import { renderIssueComment } from "../render/comment.ts";
import { renderIssue } from "../render/issue.ts";
import type { Account, IssueComment, PullRequest, ReviewComment, ReviewThread } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import { bodyIsTooLong, tooLong } from "./bodies.ts";
import { type CommentDraft, placeComment, placementOf } from "./placement.ts";
import { emitReview, emitReviewComment } from "./review-events.ts";
import { addComment, addReview, commentsOf, removeComment, removeReview } from "./review-records.ts";
import { commitOf } from "./reviews.ts";

/** @throws GitHubError 422 */
export function createIssueComment(
  world: World,
  pull: PullRequest,
  author: Account,
  body: string,
): IssueComment {
  checkIssueBody(world, body);
  const now = world.clock.now();
  const comment: IssueComment = {
    kind: "issue",
    ...world.nextId("issueComment"),
    pull,
    author,
    body,
    createdAt: now,
    updatedAt: now,
    reactions: [],
    minimizedReason: null,
  };
  world.issueComments.set(comment.id, comment);
  world.nodes.set(comment.nodeId, comment);
  pull.updatedAt = now;
  emitIssueComment(world, comment, "created", author);
  return comment;
}

/** @throws GitHubError 422 */
export function editIssueComment(world: World, comment: IssueComment, body: string, by: Account): void {
  checkIssueBody(world, body);
  const changes = { body: { from: comment.body } };
  comment.body = body;
  comment.updatedAt = world.clock.now();
  emitIssueComment(world, comment, "edited", by, { changes });
}

export function deleteIssueComment(world: World, comment: IssueComment, by: Account): void {
  world.issueComments.delete(comment.id);
  world.nodes.delete(comment.nodeId);
  emitIssueComment(world, comment, "deleted", by);
}

/** A comment of its own in the diff; GitHub wraps it in a review without a body. */
export async function createReviewComment(
  world: World,
  pull: PullRequest,
  author: Account,
  draft: CommentDraft & { readonly commit_id: string },
): Promise<ReviewComment> {
  checkReviewBody(world, draft.body);
  const commitId = await commitOf(pull, draft.commit_id);
  const placement = placeComment(await pullFiles(pull, commitId), draft);
  const review = addReview(world, { pull, author, body: "", event: "COMMENT", commitId });
  const comment = addComment(world, review, placement, draft.body);
  emitReview(world, review, "submitted", author);
  emitReviewComment(world, comment, "created", author);
  return comment;
}

/** Replies go to the thread's first comment, wherever in it somebody answered. */
export function replyToComment(
  world: World,
  parent: ReviewComment,
  author: Account,
  body: string,
): ReviewComment {
  checkReviewBody(world, body);
  const { pull, thread } = parent;
  const inReplyToId = parent.inReplyToId ?? parent.id;
  const commitId = pull.headSha;
  const review = addReview(world, { pull, author, body: "", event: "COMMENT", commitId });
  const comment = addComment(world, review, placementOf(parent), body, { thread, inReplyToId });
  emitReview(world, review, "submitted", author);
  emitReviewComment(world, comment, "created", author);
  return comment;
}

/** @throws GitHubError 422 */
export function editReviewComment(world: World, comment: ReviewComment, body: string, by: Account): void {
  checkReviewBody(world, body);
  const changes = { body: { from: comment.body } };
  comment.body = body;
  comment.updatedAt = world.clock.now();
  emitReviewComment(world, comment, "edited", by, { changes });
}

/** A review without a body goes with its last comment. */
export function deleteReviewComment(world: World, comment: ReviewComment, by: Account): void {
  removeComment(world, comment);
  const { review } = comment;
  if (review.body === "" && commentsOf(world, review).length === 0) removeReview(world, review);
  emitReviewComment(world, comment, "deleted", by);
}

export function commentsOfThread(world: World, thread: ReviewThread): ReviewComment[] {
  return [...world.reviewComments.values()].filter((comment) => comment.thread === thread);
}

function emitIssueComment(
  world: World,
  comment: IssueComment,
  action: "created" | "edited" | "deleted",
  sender: Account,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  const { pull } = comment;
  const payload = { issue: renderIssue(world, pull), comment: renderIssueComment(world, comment), ...extra };
  emitForRepository(world, pull.repository, { event: "issue_comment", action, sender, payload });
}

function checkIssueBody(world: World, body: string): void {
  if (body.trim() === "") throw invalidField("IssueComment", "body", "missing_field", "Body cannot be blank");
  if (bodyIsTooLong(world, body))
    throw new GitHubError(422, "Validation Failed", {
      errors: [{ resource: "IssueComment", code: "unprocessable", field: "data", message: tooLong(world) }],
    });
}

function checkReviewBody(world: World, body: string): void {
  if (body.trim() === "") throw unprocessable("Pull request review comment body can't be blank");
  if (bodyIsTooLong(world, body)) throw unprocessable(tooLong(world));
}
