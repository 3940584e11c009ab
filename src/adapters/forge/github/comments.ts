/** Comments on a pull request's conversation: issue comments, which `pull_requests` permissions are enough for. */
import type { Endpoints } from "@octokit/types";
import type { Forge, RepositoryRef } from "../forge.ts";
import type { PostedComment } from "../posted.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type RestComment = Endpoints["PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}"]["response"]["data"];

type Comments = Pick<Forge, "createComment" | "updateComment" | "listComments" | "deleteComment">;

export function createComments(client: GitHubClient): Comments {
  const asReader = (repository: RepositoryRef) =>
    client.as(repositoryScope(repository, { pull_requests: "read" }));
  const asWriter = (repository: RepositoryRef) =>
    client.as(repositoryScope(repository, { pull_requests: "write" }));

  return {
    createComment: async (repository, number, body) => {
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
      const parameters = { ...repositoryPath(repository), issue_number: number, body };
      return toPosted((await asWriter(repository)(route, parameters)).data);
    },
    updateComment: async (repository, id, body) => {
      const route = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
      const parameters = { ...repositoryPath(repository), comment_id: id, body };
      return toPosted((await asWriter(repository)(route, parameters)).data);
    },
    listComments: async (repository, number) => {
      const comments: PostedComment[] = [];
      const parameters = { ...repositoryPath(repository), issue_number: number };
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
      for await (const page of pages(asReader(repository), route, parameters)) {
        comments.push(...page.map(toPosted));
      }
      return comments;
    },
    deleteComment: async (repository, id) => {
      await asWriter(repository)("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", {
        ...repositoryPath(repository),
        comment_id: id,
      });
    },
  };
}

function toPosted(comment: RestComment): PostedComment {
  return {
    id: toId(comment.id),
    nodeId: comment.node_id,
    body: comment.body ?? "",
    author: toAccount(comment.user),
    url: comment.html_url,
    createdAt: comment.created_at,
    path: null,
    line: null,
    inReplyToId: null,
  };
}
