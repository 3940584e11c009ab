/** Comments, reviews and reactions as GitHub shows them over REST. */
import {
  type IssueComment,
  type Reaction,
  type Review,
  type ReviewComment,
  reactionContents,
} from "../state.ts";
import type { World } from "../world.ts";
import { renderApp, renderUserOrNull } from "./account.ts";
import { associationOf } from "./association.ts";
import { pullHtmlUrl, pullUrl } from "./pull.ts";
import { apiUrl } from "./repository.ts";

export function renderIssueComment(world: World, comment: IssueComment) {
  const { pull } = comment;
  const repositoryUrl = apiUrl(world, pull.repository);
  const url = `${repositoryUrl}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${pullHtmlUrl(world, pull)}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl}/issues/${pull.number}`,
    id: comment.id,
    node_id: comment.nodeId,
    user: renderUserOrNull(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    body: comment.body,
    author_association: associationOf(pull.repository, comment.author),
    reactions: renderRollup(url, comment.reactions),
    performed_via_github_app: comment.author === world.app.bot ? renderApp(world) : null,
    minimized: comment.minimizedReason === null ? null : { reason: comment.minimizedReason },
  };
}

/** As `GET /pulls/{n}/comments` and its like answer. */
export function renderReviewComment(world: World, comment: ReviewComment) {
  return {
    ...renderReviewCommentBase(world, comment),
    side: comment.side,
    start_side: comment.startSide,
    line: comment.line,
    start_line: comment.startLine,
    original_line: comment.originalLine,
    original_start_line: comment.originalStartLine,
    subject_type: comment.subjectType,
  };
}

/** As `GET /pulls/{n}/reviews/{id}/comments` answers. */
export function renderReviewCommentOfReview(world: World, comment: ReviewComment) {
  const { subject_type: _, ...shown } = renderReviewComment(world, comment);
  return shown;
}

function renderReviewCommentBase(world: World, comment: ReviewComment) {
  const { pull } = comment;
  const url = `${apiUrl(world, pull.repository)}/pulls/comments/${comment.id}`;
  const htmlUrl = `${pullHtmlUrl(world, pull)}#discussion_r${comment.id}`;
  return {
    url,
    pull_request_review_id: comment.review.id,
    id: comment.id,
    node_id: comment.nodeId,
    diff_hunk: comment.diffHunk,
    path: comment.path,
    position: comment.position,
    original_position: comment.originalPosition ?? 1,
    commit_id: comment.commitId,
    original_commit_id: comment.originalCommitId,
    user: renderUserOrNull(world, comment.author),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: htmlUrl,
    pull_request_url: pullUrl(world, pull),
    author_association: associationOf(pull.repository, comment.author),
    _links: { self: { href: url }, html: { href: htmlUrl }, pull_request: { href: pullUrl(world, pull) } },
    reactions: renderRollup(url, comment.reactions),
    ...(comment.inReplyToId !== null && { in_reply_to_id: comment.inReplyToId }),
  };
}

/** Never with its comments: they have to be asked for. */
export function renderReview(world: World, review: Review) {
  const { pull } = review;
  const htmlUrl = `${pullHtmlUrl(world, pull)}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: review.nodeId,
    user: renderUserOrNull(world, review.author),
    body: review.body,
    state: review.state,
    html_url: htmlUrl,
    pull_request_url: pullUrl(world, pull),
    author_association: associationOf(pull.repository, review.author),
    _links: { html: { href: htmlUrl }, pull_request: { href: pullUrl(world, pull) } },
    commit_id: review.commitId,
    ...(review.submittedAt !== null && { submitted_at: review.submittedAt }),
  };
}

export function renderReaction(world: World, reaction: Reaction) {
  return {
    id: reaction.id,
    node_id: reaction.nodeId,
    user: renderUserOrNull(world, reaction.author),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}

function renderRollup(commentUrl: string, reactions: readonly Reaction[]) {
  const counts = Object.fromEntries(
    reactionContents.map((content) => [content, reactions.filter((r) => r.content === content).length]),
  );
  return { url: `${commentUrl}/reactions`, total_count: reactions.length, ...counts };
}
