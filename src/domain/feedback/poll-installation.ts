/** Reads what is due of one installation, batch by batch, each written as soon as it is read. */
import {
  type DuePlace,
  findDueComments,
  type PollableInstallation,
} from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import type { HourlyBudget } from "./hourly-budget.ts";
import { createReactionReader } from "./reaction-reader.ts";
import { type BatchTime, type PollCounts, recordBatch } from "./record-batch.ts";
import { beginTurn, type TurnLimits } from "./turn.ts";
import { beginAsking, weighReactors } from "./weigh-reactors.ts";

/** GraphQL's own limit of ids in one request. */
const batchSize = 100;
/**
 * A batch with room takes what comes due within so many cycles. That evens out how much is due: for 1,000 comments spread
 * over 14 days, it makes 293 requests a day of 380. One cycle ahead makes 302; more than three bring nothing.
 */
const earlyCycles = 3;

export interface CycleCounts extends PollCounts {
  /** GraphQL points, and REST calls. */
  points: number;
  calls: number;
}

export interface Cycle extends BatchTime, TurnLimits {
  /** Of GraphQL points, by installation. */
  readonly budget: HourlyBudget;
  readonly counts: CycleCounts;
}

/**
 * Ends when nothing is due any more or its turn is over. Answers the time until which the installation shall be
 * left alone, if any.
 * @throws ReviewdError when the installation cannot be read from for now; what was read before is written
 */
export async function pollInstallation(
  ctx: ForgeContext,
  installation: PollableInstallation,
  cycle: Cycle,
): Promise<Date | null> {
  const turn = beginTurn(installation, cycle);
  const reader = createReactionReader(ctx, installation, turn);
  const asking = beginAsking(turn);
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
    cycle.counts.points += points;
    addCounts(cycle.counts, await recordBatch(ctx.db, { ...batch, reads }, cycle));
    if (failure) throw failure;
    await weighReactors(ctx, installation, { commentIds: [...reads.keys()], asking });
    if (restUntil || spentUntil || !batch.last) return restUntil ?? spentUntil;
    if (turn.isOver()) break;
    after = batch.last;
  }
  ctx.log.info("not all that is due was read, the rest comes first in the next cycle");
  return null;
}

function addCounts(counts: PollCounts, more: Readonly<PollCounts>): void {
  for (const name of Object.keys(more) as (keyof PollCounts)[]) counts[name] += more[name];
}
