/** Reads what is due of one installation, batch by batch, each written as soon as it is read. */
import {
  type DueBatch,
  type DueComment,
  type DuePlace,
  findDueComments,
  lockReadComments,
  type PollableInstallation,
  recordReads,
} from "../../adapters/postgres/comment-polls.ts";
import { reconcileReactions } from "../../adapters/postgres/review-feedback.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { ForgeContext } from "../../context.ts";
import type { PollSchedule } from "./next-poll-at.ts";
import type { PointBudget } from "./point-budget.ts";
import { type BatchRead, createReactionReader } from "./reaction-reader.ts";
import { type CommentRead, countedReactions, settleRead } from "./settle-read.ts";
import { maxAskedPerCycle, weighReactors } from "./weigh-reactors.ts";

/** GraphQL's own limit of ids in one request. */
const batchSize = 100;
/**
 * A batch with room takes what comes due within so many cycles. That evens out how much is due: for 1,000 comments spread
 * over 14 days, it makes 293 requests a day of 380. One cycle ahead makes 302; more than three bring nothing.
 */
const earlyCycles = 3;

export interface Cycle {
  readonly schedule: PollSchedule;
  readonly budget: PointBudget;
  /** When it began, by the database's clock: what is due later is left for the next one. */
  readonly startedAt: Date;
  readonly signal: AbortSignal;
  readonly counts: PollCounts;
}

/** What a cycle did; added to as it goes on. */
export interface PollCounts {
  due: number;
  /** Also of those that were not due yet. */
  read: number;
  missing: number;
  /** Due, and left for the next cycle. */
  left: number;
  gone: number;
  added: number;
  returned: number;
  removed: number;
}

/**
 * Ends when nothing is due any more or the signal is aborted. Answers the time until which the installation shall be
 * left alone, if any.
 * @throws ReviewdError when the installation cannot be read from for now; what was read before is written
 */
export async function pollInstallation(
  ctx: ForgeContext,
  installation: PollableInstallation,
  cycle: Cycle,
): Promise<Date | null> {
  const reader = createReactionReader(ctx, installation, cycle.signal);
  const asking = { left: maxAskedPerCycle };
  let after: DuePlace | null = null;
  while (!cycle.signal.aborted) {
    const batch = await findDueComments(ctx.db, {
      installationId: installation.id,
      dueAt: cycle.startedAt,
      soon: new Date(cycle.startedAt.getTime() + earlyCycles * cycle.schedule.intervalMs),
      after,
      limit: batchSize,
    });
    if (batch.comments.length === 0) return null;
    const { reads, points, restUntil, failure } = await reader.read(batch);
    const spentUntil = cycle.budget.spend(installation.externalId, points, cycle.startedAt);
    await recordBatch(ctx, { ...batch, reads }, cycle);
    if (failure) throw failure;
    await weighReactors(ctx, installation, { commentIds: [...reads.keys()], asking });
    if (restUntil || spentUntil || !batch.last) return restUntil ?? spentUntil;
    after = batch.last;
  }
  return null;
}

type ReadBatch = Pick<DueBatch, "comments" | "early" | "readAt"> & Pick<BatchRead, "reads">;

async function recordBatch(ctx: ForgeContext, batch: ReadBatch, cycle: Cycle): Promise<void> {
  const { counts } = cycle;
  const { settled, complete, seen } = settleBatch(batch, cycle);
  const reconciled = await inTransaction(ctx.db, async (tx) => {
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
  counts.due += batch.comments.length;
  counts.read += complete.length;
  counts.missing += settled.length - complete.length;
  counts.left += batch.comments.filter(({ id }) => !batch.reads.has(id)).length;
  counts.gone += settled.filter(({ gone }) => gone).length;
  counts.added += reconciled.added;
  counts.returned += reconciled.returned;
  counts.removed += reconciled.removed;
}

function settleBatch({ comments, early, reads }: ReadBatch, { schedule, startedAt }: Cycle) {
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
