/** Writes what one batch of comments was read to have: all of it, or nothing. */
import {
  type DueBatch,
  type DueComment,
  lockReadComments,
  recordReads,
} from "../../adapters/postgres/comment-polls.ts";
import type { Db } from "../../adapters/postgres/connect.ts";
import { reconcileReactions } from "../../adapters/postgres/review-feedback.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { PollSchedule } from "./next-poll-at.ts";
import type { BatchRead } from "./reaction-reader.ts";
import { type CommentRead, countedReactions, settleRead } from "./settle-read.ts";

export interface BatchTime {
  readonly schedule: PollSchedule;
  /** When the cycle began, by the database's clock: what is due later is left for the next one. */
  readonly startedAt: Date;
}

export interface PollCounts {
  due: number;
  /** Also of those that were not due yet. */
  read: number;
  /** Or hidden. */
  missing: number;
  /** Due, and left for the next cycle. */
  left: number;
  gone: number;
  added: number;
  returned: number;
  removed: number;
}

export type ReadBatch = Pick<DueBatch, "comments" | "early" | "readAt"> & Pick<BatchRead, "reads">;

/** What a later reading was written for meanwhile is left as it is. */
export async function recordBatch(db: Db, batch: ReadBatch, time: BatchTime): Promise<PollCounts> {
  const { settled, complete, seen } = settleBatch(batch, time);
  const reconciled = await inTransaction(db, async (tx) => {
    const commentIds = settled.map(({ commentId }) => commentId);
    const current = new Set(await lockReadComments(tx, { commentIds, readAt: batch.readAt }));
    const result = await reconcileReactions(
      tx,
      complete.filter((id) => current.has(id)),
      seen.filter(({ commentId }) => current.has(commentId)),
    );
    await recordReads(
      tx,
      batch.readAt,
      settled.filter(({ commentId }) => current.has(commentId)),
    );
    return result;
  });
  return {
    ...reconciled,
    due: batch.comments.length,
    read: complete.length,
    missing: settled.length - complete.length,
    left: batch.comments.filter(({ id }) => !batch.reads.has(id)).length,
    gone: settled.filter(({ gone }) => gone).length,
  };
}

function settleBatch({ comments, early, reads }: ReadBatch, { schedule, startedAt }: BatchTime) {
  const read = [...comments, ...early].flatMap((comment): readonly [DueComment, CommentRead][] => {
    const result = reads.get(comment.id);
    return result ? [[comment, result]] : [];
  });
  return {
    settled: read.map(([comment, result]) =>
      settleRead(comment, result, { schedule, now: startedAt, random: Math.random() }),
    ),
    complete: read.filter(([, { state }]) => state === "complete").map(([{ id }]) => id),
    seen: read.flatMap(([{ id }, result]) =>
      result.state === "complete" ? countedReactions(id, result.reactions) : [],
    ),
  };
}
