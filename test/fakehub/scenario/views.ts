/** What is on the forge now, as plain values for a test to assert on. */
import type {
  CheckRun,
  IssueComment,
  PullRequest,
  ReactionContent,
  Review,
  ReviewComment,
} from "../state.ts";
import type { World } from "../world.ts";

interface CommentBase {
  readonly id: number;
  readonly nodeId: string;
  readonly author: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly reactions: readonly { readonly author: string; readonly content: ReactionContent }[];
  readonly minimizedReason: string | null;
}

export interface IssueCommentView extends CommentBase {
  readonly kind: "issue";
}

export interface InlineCommentView extends CommentBase {
  readonly kind: "inline";
  readonly reviewId: number;
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  /** Null once outdated. */
  readonly line: number | null;
  readonly startLine: number | null;
  readonly originalLine: number | null;
  readonly commitId: string;
  readonly inReplyToId: number | null;
  readonly isResolved: boolean;
}

export type CommentView = IssueCommentView | InlineCommentView;

export interface ReviewView {
  readonly id: number;
  readonly nodeId: string;
  readonly author: string;
  readonly body: string;
  readonly state: Review["state"];
  readonly commitId: string;
  readonly submittedAt: string | null;
}

export interface CheckView {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly externalId: string;
  readonly status: CheckRun["status"];
  readonly conclusion: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly annotations: CheckRun["annotations"];
}

export function viewReviews(world: World, pull: PullRequest): ReviewView[] {
  return [...world.reviews.values()]
    .filter((review) => review.pull === pull)
    .map(({ id, nodeId, author, body, state, commitId, submittedAt }) => ({
      id,
      nodeId,
      author: author.login,
      body,
      state,
      commitId,
      submittedAt,
    }));
}

export function viewInlineComments(world: World, pull: PullRequest): InlineCommentView[] {
  return [...world.reviewComments.values()].filter((comment) => comment.pull === pull).map(viewInlineComment);
}

export function viewIssueComments(world: World, pull: PullRequest): IssueCommentView[] {
  return [...world.issueComments.values()].filter((comment) => comment.pull === pull).map(viewIssueComment);
}

export function viewIssueComment(comment: IssueComment): IssueCommentView {
  return { kind: "issue", ...viewComment(comment) };
}

export function viewInlineComment(comment: ReviewComment): InlineCommentView {
  return {
    kind: "inline",
    ...viewComment(comment),
    reviewId: comment.review.id,
    path: comment.path,
    side: comment.side,
    line: comment.line,
    startLine: comment.startLine,
    originalLine: comment.originalLine,
    commitId: comment.commitId,
    inReplyToId: comment.inReplyToId,
    isResolved: comment.thread.resolvedBy !== null,
  };
}

function viewComment(comment: IssueComment | ReviewComment): CommentBase {
  return {
    id: comment.id,
    nodeId: comment.nodeId,
    author: comment.author.login,
    body: comment.body,
    createdAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    reactions: comment.reactions.map(({ author, content }) => ({ author: author.login, content })),
    minimizedReason: comment.minimizedReason,
  };
}

/** Checks on any head the pull request ever had, oldest first. */
export function viewChecks(world: World, pull: PullRequest): CheckView[] {
  return [...world.checkRuns.values()]
    .filter((run) => run.repository === pull.repository && pull.headHistory.includes(run.headSha))
    .map(({ id, name, headSha, externalId, status, conclusion, title, summary, annotations }) => ({
      id,
      name,
      headSha,
      externalId,
      status,
      conclusion,
      title,
      summary,
      annotations,
    }));
}
