/** Reactions to both kinds of comments. */
import { react, unreact } from "../acts/reactions.ts";
import type { Answer, Call, Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { renderReaction } from "../render/comment.ts";
import type { IssueComment, ReactionContent, ReviewComment } from "../state.ts";
import { getIssueComment } from "./issue-comments.ts";
import { getComment } from "./review-comments.ts";

export const reactionRoutes = {
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": (call) =>
    list(call, getIssueComment(call)),
  "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": (call) =>
    add(call, getIssueComment(call)),
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}": (call) =>
    remove(call, getIssueComment(call)),
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions": (call) => list(call, getComment(call)),
  "POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions": (call) => add(call, getComment(call)),
  "DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}": (call) =>
    remove(call, getComment(call)),
} satisfies Routes;

type Reactable = IssueComment | ReviewComment;

function list(call: Call, { reactions }: Reactable): Answer {
  const content = call.query("content");
  const wanted = reactions.filter((reaction) => content === null || reaction.content === content);
  return call.list(wanted, (reaction) => renderReaction(call.world, reaction));
}

function add(call: Call, comment: Reactable): Answer {
  const { content } = call.body<{ content: ReactionContent }>();
  const { reaction, isNew } = react(call.world, comment, call.author, content);
  return { status: isNew ? 201 : 200, body: renderReaction(call.world, reaction) };
}

function remove(call: Call, comment: Reactable): Answer {
  const id = call.number("reaction_id");
  if (!unreact(comment, (r) => r.id === id && r.author === call.author)) throw notFound();
  return { status: 204 };
}
