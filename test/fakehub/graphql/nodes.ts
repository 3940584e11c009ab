/** Comments, reviews, threads and reactions as GraphQL objects; fields are computed only when asked for. */

import { commentsOfThread } from "../acts/comments.ts";
import type { Caller } from "../authentication.ts";
import { findGrant } from "../grants.ts";
import { pullHtmlUrl } from "../render/pull.ts";
import type {
  Account,
  IssueComment,
  Node,
  PullRequest,
  Reaction,
  ReactionContent,
  Review,
  ReviewComment,
  ReviewThread,
} from "../state.ts";
import type { World } from "../world.ts";
import { connection, type PageArguments } from "./connection.ts";

/** Of reactions: GraphQL spells them its own way. */
const graphqlContent: Readonly<Record<ReactionContent, string>> = {
  "+1": "THUMBS_UP",
  "-1": "THUMBS_DOWN",
  laugh: "LAUGH",
  confused: "CONFUSED",
  heart: "HEART",
  hooray: "HOORAY",
  rocket: "ROCKET",
  eyes: "EYES",
};

/** Null when the id is unknown, or the caller may not see what it names. */
export function findNode(world: World, caller: Caller, id: string) {
  const node = world.nodes.get(id);
  if (!node || !isVisible(caller, node)) return null;
  return showNode(world, node);
}

export function isVisible(caller: Caller, node: Node): boolean {
  const { repository } = "pull" in node ? node.pull : node;
  const grant = findGrant(caller, repository);
  return grant !== null && ("pull_requests" in grant || "issues" in grant);
}

export function showNode(world: World, node: Node) {
  if ("number" in node) return showPull(world, node);
  if (!("body" in node)) return showThread(world, node);
  if (!("kind" in node)) return showReview(world, node);
  return node.kind === "issue" ? showIssueComment(world, node) : showReviewComment(world, node);
}

function showIssueComment(world: World, comment: IssueComment) {
  return {
    __typename: "IssueComment",
    ...showComment(world, comment),
    url: `${pullHtmlUrl(world, comment.pull)}#issuecomment-${comment.id}`,
    pullRequest: () => showPull(world, comment.pull),
  };
}

function showReviewComment(world: World, comment: ReviewComment) {
  return {
    __typename: "PullRequestReviewComment",
    ...showComment(world, comment),
    url: `${pullHtmlUrl(world, comment.pull)}#discussion_r${comment.id}`,
    outdated: comment.subjectType === "line" && comment.line === null,
    path: comment.path,
    line: comment.line,
    originalLine: comment.originalLine,
    diffHunk: comment.diffHunk,
    state: comment.review.state === "PENDING" ? "PENDING" : "SUBMITTED",
    replyTo: () => {
      const parent = world.reviewComments.get(comment.inReplyToId ?? 0);
      return parent ? showReviewComment(world, parent) : null;
    },
    pullRequest: () => showPull(world, comment.pull),
    pullRequestReview: () => showReview(world, comment.review),
  };
}

function showReview(world: World, review: Review) {
  return {
    __typename: "PullRequestReview",
    ...showComment(world, { ...review, createdAt: review.submittedAt ?? review.updatedAt }),
    url: `${pullHtmlUrl(world, review.pull)}#pullrequestreview-${review.id}`,
    state: review.state,
    submittedAt: review.submittedAt,
    comments: (page: PageArguments) => {
      const own = [...world.reviewComments.values()].filter((comment) => comment.review === review);
      return connection(own, page, (comment) => showReviewComment(world, comment));
    },
    pullRequest: () => showPull(world, review.pull),
  };
}

interface CommentLike {
  readonly id: number;
  readonly nodeId: string;
  readonly author: Account;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly reactions: readonly Reaction[];
  readonly minimizedReason: string | null;
}

function showComment(world: World, comment: CommentLike) {
  return {
    id: comment.nodeId,
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    author: showActor(world, comment.author),
    body: comment.body,
    createdAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    isMinimized: comment.minimizedReason !== null,
    minimizedReason: comment.minimizedReason,
    reactions: (page: PageArguments & { readonly content?: string }) => {
      const { reactions } = comment;
      const wanted = reactions.filter((r) => !page.content || graphqlContent[r.content] === page.content);
      return connection(wanted, page, (reaction) => showReaction(world, reaction));
    },
  };
}

function showReaction(world: World, reaction: Reaction) {
  return {
    __typename: "Reaction",
    id: reaction.nodeId,
    databaseId: reaction.id,
    content: graphqlContent[reaction.content],
    createdAt: reaction.createdAt,
    user: showActor(world, reaction.author),
  };
}

export function showThread(world: World, thread: ReviewThread) {
  const comments = () => commentsOfThread(world, thread);
  const first = comments()[0];
  return {
    __typename: "PullRequestReviewThread",
    id: thread.nodeId,
    isResolved: thread.resolvedBy !== null,
    isCollapsed: thread.resolvedBy !== null,
    isOutdated: first?.subjectType === "line" && first.line === null,
    path: first?.path ?? "",
    line: first?.line ?? null,
    originalLine: first?.originalLine ?? null,
    resolvedBy: thread.resolvedBy && showActor(world, thread.resolvedBy),
    comments: (page: PageArguments) =>
      connection(comments(), page, (comment) => showReviewComment(world, comment)),
    pullRequest: () => showPull(world, thread.pull),
  };
}

export function showPull(world: World, pull: PullRequest) {
  const threads = () => [...world.threads.values()].filter((thread) => thread.pull === pull);
  return {
    __typename: "PullRequest",
    id: pull.nodeId,
    databaseId: pull.id,
    fullDatabaseId: String(pull.id),
    number: pull.number,
    title: pull.title,
    url: pullHtmlUrl(world, pull),
    state: pull.mergedAt ? "MERGED" : pull.state.toUpperCase(),
    isDraft: pull.draft,
    headRefOid: pull.headSha,
    baseRefOid: pull.baseSha,
    baseRefName: pull.baseRef,
    headRefName: pull.headRef,
    author: showActor(world, pull.author),
    updatedAt: pull.updatedAt,
    reviewThreads: (page: PageArguments) =>
      connection(threads(), page, (thread) => showThread(world, thread)),
  };
}

/** Deleted accounts are null. The App is a Bot, and its login has no `[bot]` here, unlike over REST. */
function showActor(world: World, account: Account) {
  if (account.deleted) return null;
  const slug = account.login.replace(/\[bot\]$/, "");
  const resourcePath = account.kind === "Bot" ? `/apps/${slug}` : `/${slug}`;
  return {
    __typename: account.kind,
    id: account.nodeId,
    databaseId: account.id,
    login: slug,
    resourcePath,
    url: `${world.origin}${resourcePath}`,
  };
}
