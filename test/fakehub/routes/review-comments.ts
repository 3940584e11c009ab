/** Inline comments of pull requests. */
import {
  createReviewComment,
  deleteReviewComment,
  editReviewComment,
  replyToComment,
} from "../acts/comments.ts";
import type { CommentDraft } from "../acts/placement.ts";
import { type Answer, type Call, isSince, type Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { renderReviewComment } from "../render/comment.ts";
import type { ReviewComment } from "../state.ts";

type NewComment = CommentDraft & { readonly commit_id: string; readonly in_reply_to?: number };

export const reviewCommentRoutes = {
  "GET /repos/{owner}/{repo}/pulls/comments": (call) =>
    listed(call, (comment) => comment.pull.repository === call.repository),
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments": (call) => {
    const pull = call.getPull();
    return listed(call, (comment) => comment.pull === pull);
  },
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments": async (call) => {
    const draft = call.body<NewComment>();
    const pull = call.getPull();
    if (draft.in_reply_to === undefined)
      return shown(call, await createReviewComment(call.world, pull, call.author, draft), 201);
    const parent = call.world.reviewComments.get(draft.in_reply_to);
    if (parent?.pull !== pull) throw notFound();
    return shown(call, replyToComment(call.world, parent, call.author, draft.body), 201);
  },
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies": (call) => {
    const parent = getComment(call);
    return shown(
      call,
      replyToComment(call.world, parent, call.author, call.body<{ body: string }>().body),
      201,
    );
  },
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}": (call) => shown(call, getComment(call), 200),
  "PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}": (call) => {
    const comment = getComment(call);
    editReviewComment(call.world, comment, call.body<{ body: string }>().body, call.author);
    return shown(call, comment, 200);
  },
  "DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}": (call) => {
    deleteReviewComment(call.world, getComment(call), call.author);
    return { status: 204 };
  },
} satisfies Routes;

function listed(call: Call, isIn: (comment: ReviewComment) => boolean): Answer {
  const found = [...call.world.reviewComments.values()].filter(
    (comment) => isIn(comment) && comment.review.state !== "PENDING" && isSince(call, comment.updatedAt),
  );
  const key = (comment: ReviewComment) =>
    Date.parse(call.query("sort") === "updated" ? comment.updatedAt : comment.createdAt);
  const ascending = found.toSorted((a, b) => key(a) - key(b) || a.id - b.id);
  // Without `sort` the direction is ignored, as GitHub documents it.
  const isDescending = call.query("sort") !== null && call.query("direction") === "desc";
  return call.list(isDescending ? ascending.toReversed() : ascending, (comment) =>
    renderReviewComment(call.world, comment),
  );
}

function shown({ world }: Call, comment: ReviewComment, status: number): Answer {
  return { status, body: renderReviewComment(world, comment) };
}

export function getComment(call: Call): ReviewComment {
  const comment = call.world.reviewComments.get(call.number("comment_id"));
  if (comment?.pull.repository !== call.repository) throw notFound();
  return comment;
}
