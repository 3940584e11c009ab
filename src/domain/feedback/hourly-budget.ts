/**
 * What reading reactions may cost an installation within an hour, in GraphQL points or in REST calls, so that the rest of
 * GitHub's limits is left to others.
 * Lives as long as the process, of which one polls at a time: a new one begins with nothing spent.
 */
export interface HourlyBudget {
  /** Counts what something cost. Answers the time until which nothing more may be spent; null: there is room. */
  readonly spend: (installationId: number, cost: number, now: Date) => Date | null;
}

const hourMs = 3_600_000;

interface Spending {
  readonly atMs: number;
  readonly cost: number;
}

/** @param maxPerHour of each installation */
export function createHourlyBudget(maxPerHour: number): HourlyBudget {
  const spent = new Map<number, readonly Spending[]>();
  return {
    spend: (installationId, cost, now) => {
      const nowMs = now.getTime();
      const before = spent.get(installationId) ?? [];
      const recent = [...before, { atMs: nowMs, cost }].filter(({ atMs }) => atMs > nowMs - hourMs);
      spent.set(installationId, recent);
      return firstRoomAt(recent, maxPerHour);
    },
  };
}

/** When enough of what was spent is an hour old; null: now. */
function firstRoomAt(recent: readonly Spending[], maxPerHour: number): Date | null {
  let total = recent.reduce((sum, { cost }) => sum + cost, 0);
  let fullUntilMs: number | null = null;
  for (const { atMs, cost } of recent) {
    if (total < maxPerHour) break;
    total -= cost;
    fullUntilMs = atMs + hourMs;
  }
  return fullUntilMs === null ? null : new Date(fullUntilMs);
}
