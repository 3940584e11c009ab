/** Settles what this process completed and claims what it may run next: one call for all that ended since the last. */
import { exchangeRuns } from "../../adapters/postgres/runs.ts";
import type { Context } from "../../context.ts";
import { handBackStrays } from "../../domain/task/hand-back-strays.ts";
import { createScanWindow } from "../../domain/task/scan-window.ts";
import type { LeaseKeeper } from "./lease.ts";
import type { Runs } from "./runs.ts";

/** Polling alone finds work this fast; NOTIFY is faster. */
const claimPollMs = 1_000;
const strayLookMs = 10_000;

export interface Exchanger {
  readonly leases: LeaseKeeper;
  readonly runs: Pick<Runs, "count" | "isExclusive" | "has" | "completed" | "settle" | "start">;
  readonly concurrency: number;
  /** Aborted: nothing more is claimed. */
  readonly signal: AbortSignal;
}

/** The pass of the exchanging loop. */
export function createExchange(
  ctx: Context,
  { leases, runs, concurrency, signal }: Exchanger,
): () => Promise<number> {
  const window = createScanWindow();
  let isUnanswered = false;
  let strayLookAtMs = 0;

  const countFree = () => {
    if (signal.aborted || runs.isExclusive()) return 0;
    return concurrency - runs.count() + runs.completed().length;
  };

  /** After a call that went unanswered, and now and then: one whose connection was cut may commit long after. */
  const lookForStrays = async (workerId: string) => {
    if (!isUnanswered && performance.now() < strayLookAtMs) return;
    await handBackStrays(ctx, { workerId, isKnown: runs.has });
    strayLookAtMs = performance.now() + strayLookMs;
  };

  return async () => {
    const held = leases.current();
    if (held) await lookForStrays(held.workerId);
    if (countFree() <= 0 && runs.completed().length === 0) return claimPollMs;
    const { workerId, lost } = await leases.get();
    const completed = runs.completed();
    const limit = Math.max(0, countFree());
    const fromRank = window.fromRank();
    isUnanswered = true;
    const { settled, claimed, ...found } = await exchangeRuns(ctx.db, {
      workerId,
      completed: completed.filter((run) => run.workerId === workerId),
      limit,
      isIdle: runs.count() === completed.length,
      fromRank,
    });
    isUnanswered = false;
    runs.settle(completed, settled);
    for (const task of claimed) runs.start(task, lost);
    if (limit === 0) return claimPollMs;
    window.learn(fromRank, found);
    return claimed.length < limit && fromRank > 0
      ? Math.min(claimPollMs, window.wholeScanInMs())
      : claimPollMs;
  };
}
