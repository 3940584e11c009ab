/** What one installation may take of a cycle, so that it neither holds up the others nor eats what publishing lives on. */
import type { PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { HourlyBudget } from "./hourly-budget.ts";

/**
 * REST calls an hour of one installation, for comments read one by one and for asking what people may do: a quarter of
 * the 5,000 that publishing lives on, however short the interval.
 */
export const maxCallsPerHour = 1_250;

export interface Turn {
  /** Nothing more is begun. What is due still is left for the next cycle, where it comes first. */
  readonly isOver: () => boolean;
  /** Counts REST calls. Answers whether there may be more of them. */
  readonly spendCalls: (count: number) => boolean;
}

export interface TurnLimits {
  readonly signal: AbortSignal;
  /** Milliseconds that an installation is read in a cycle; the request under way is not cut off. */
  readonly turnMs: number;
  /** Of REST calls, by installation. */
  readonly calls: HourlyBudget;
  /** When the cycle began. */
  readonly startedAt: Date;
  /** Added to as it goes on. */
  readonly counts: { calls: number };
}

export function beginTurn(
  { externalId }: PollableInstallation,
  { signal, turnMs, calls, startedAt, counts }: TurnLimits,
): Turn {
  const endsMs = performance.now() + turnMs;
  return {
    isOver: () => signal.aborted || performance.now() >= endsMs,
    spendCalls: (count) => {
      counts.calls += count;
      return calls.spend(externalId, count, startedAt) === null;
    },
  };
}
