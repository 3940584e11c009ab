/** Reviews and their inline comments. */
import type { Endpoints } from "@octokit/types";
import type { Forge, RepositoryRef } from "../forge.ts";
import type { InlineComment, PostedComment, PostedReview } from "../posted.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type RestComment =
  Endpoints["GET /repos/{owner}/{repo}/pulls/{pull_number}/comments"]["response"]["data"][number];

type Reviews = Pick<
  Forge,
  | "createReview"
  | "listReviews"
  | "listInlineComments"
  | "deleteInlineComment"
  | "replyInline"
  | "updateReviewBody"
>;

type ReviewReads = Pick<Reviews, "listReviews" | "listInlineComments">;

export function createReviews(client: GitHubClient): Reviews {
  return { ...createReviewReads(client), ...createReviewWrites(client) };
}

function createReviewReads(client: GitHubClient): ReviewReads {
  const asReader = (repository: RepositoryRef) =>
    client.as(repositoryScope(repository, { pull_requests: "read" }));
  return {
    listReviews: async (repository, number) => {
      const reviews: PostedReview[] = [];
      const parameters = { ...repositoryPath(repository), pull_number: number };
      const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
      for await (const page of pages(asReader(repository), route, parameters)) {
        for (const { id, body, user, submitted_at } of page)
          reviews.push({ id: toId(id), body, author: toAccount(user), submittedAt: submitted_at ?? null });
      }
      return reviews;
    },
    listInlineComments: async (repository, number) => {
      const comments: PostedComment[] = [];
      const parameters = { ...repositoryPath(repository), pull_number: number };
      const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments";
      for await (const page of pages(asReader(repository), route, parameters)) {
        comments.push(...page.map(toPosted));
      }
      return comments;
    },
  };
}

function createReviewWrites(client: GitHubClient): Omit<Reviews, keyof ReviewReads> {
  const asWriter = (repository: RepositoryRef) =>
    client.as(repositoryScope(repository, { pull_requests: "write" }));
  return {
    createReview: async (repository, number, review) => {
      const { data } = await asWriter(repository)("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", {
        ...repositoryPath(repository),
        pull_number: number,
        commit_id: review.headSha,
        event: "COMMENT",
        body: review.body,
        comments: review.comments.map(toRestComment),
      });
      return { id: toId(data.id) };
    },
    deleteInlineComment: async (repository, id) => {
      await asWriter(repository)("DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}", {
        ...repositoryPath(repository),
        comment_id: id,
      });
    },
    replyInline: async (repository, number, { threadId, path, headSha, body }) => {
      // The endpoint made for replies is not open to Apps. Here commit and path must be given, and are ignored.
      const { data } = await asWriter(repository)("POST /repos/{owner}/{repo}/pulls/{pull_number}/comments", {
        ...repositoryPath(repository),
        pull_number: number,
        in_reply_to: threadId,
        commit_id: headSha,
        path,
        body,
      });
      return toPosted(data);
    },
    updateReviewBody: async (repository, number, reviewId, body) => {
      await asWriter(repository)("PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", {
        ...repositoryPath(repository),
        pull_number: number,
        review_id: reviewId,
        body,
      });
    },
  };
}

function toRestComment({ path, line, startLine, body }: InlineComment) {
  const start = startLine === null ? {} : { start_line: startLine, start_side: "RIGHT" };
  return { path, line, side: "RIGHT", body, ...start };
}

/** A deleted account is null, which the description of new comments leaves out. */
function toPosted(
  comment: Omit<RestComment, "user"> & { readonly user: RestComment["user"] | null },
): PostedComment {
  return {
    id: toId(comment.id),
    nodeId: comment.node_id,
    body: comment.body,
    author: toAccount(comment.user),
    url: comment.html_url,
    createdAt: comment.created_at,
    path: comment.path,
    line: comment.line ?? null,
    inReplyToId: comment.in_reply_to_id === undefined ? null : toId(comment.in_reply_to_id),
  };
}
