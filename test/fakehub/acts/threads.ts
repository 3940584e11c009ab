/** Conversations about lines, marked as settled or opened again. */
import { renderReviewComment } from "../render/comment.ts";
import { renderPullSimple } from "../render/pull.ts";
import type { Account, ReviewThread } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import { commentsOfThread } from "./comments.ts";

export function resolveThread(world: World, thread: ReviewThread, by: Account): void {
  if (thread.resolvedBy) return;
  thread.resolvedBy = by;
  emitThread(world, thread, "resolved", by);
}

export function unresolveThread(world: World, thread: ReviewThread, by: Account): void {
  if (!thread.resolvedBy) return;
  thread.resolvedBy = null;
  emitThread(world, thread, "unresolved", by);
}

function emitThread(
  world: World,
  thread: ReviewThread,
  action: "resolved" | "unresolved",
  sender: Account,
): void {
  const { pull } = thread;
  thread.updatedAt = world.clock.now();
  emitForRepository(world, pull.repository, {
    event: "pull_request_review_thread",
    action,
    sender,
    payload: {
      pull_request: renderPullSimple(world, pull),
      thread: {
        node_id: thread.nodeId,
        comments: commentsOfThread(world, thread).map((comment) => renderReviewComment(world, comment)),
      },
      updated_at: thread.updatedAt,
    },
  });
}
