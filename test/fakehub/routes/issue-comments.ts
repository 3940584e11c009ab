/** Comments in a pull request's conversation. */
import { createIssueComment, deleteIssueComment, editIssueComment } from "../acts/comments.ts";
import { type Answer, type Call, isSince, type Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { renderIssueComment } from "../render/comment.ts";
import type { IssueComment } from "../state.ts";

export const issueCommentRoutes = {
  "GET /repos/{owner}/{repo}/issues/comments": (call) => {
    const found = listed(call, (comment) => comment.pull.repository === call.repository);
    const isDescending = call.query("sort") !== null && call.query("direction") === "desc";
    return shownList(call, isDescending ? found.toReversed() : found);
  },
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": (call) => {
    const pull = call.getPull("issue_number");
    return shownList(
      call,
      listed(call, (comment) => comment.pull === pull),
    );
  },
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": (call) => {
    const { body } = call.body<{ body: string }>();
    const comment = createIssueComment(call.world, call.getPull("issue_number"), call.author, body);
    return { status: 201, body: renderIssueComment(call.world, comment) };
  },
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}": (call) => ({
    status: 200,
    body: renderIssueComment(call.world, getIssueComment(call)),
  }),
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": (call) => {
    const comment = getIssueComment(call);
    editIssueComment(call.world, comment, call.body<{ body: string }>().body, call.author);
    return { status: 200, body: renderIssueComment(call.world, comment) };
  },
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": (call) => {
    deleteIssueComment(call.world, getIssueComment(call), call.author);
    return { status: 204 };
  },
} satisfies Routes;

function listed(call: Call, isIn: (comment: IssueComment) => boolean): IssueComment[] {
  return [...call.world.issueComments.values()].filter(
    (comment) => isIn(comment) && isSince(call, comment.updatedAt),
  );
}

function shownList(call: Call, comments: readonly IssueComment[]): Answer {
  return call.list(comments, (comment) => renderIssueComment(call.world, comment));
}

export function getIssueComment(call: Call): IssueComment {
  const comment = call.world.issueComments.get(call.number("comment_id"));
  if (comment?.pull.repository !== call.repository) throw notFound();
  return comment;
}
