/**
 * What reading reactions may cost an installation within an hour, so that the rest of GitHub's limit is left to others.
 * Lives as long as the process, of which one polls at a time: a new one begins with nothing spent.
 */
export interface PointBudget {
  /** Counts what a read cost. Answers the time until which the installation shall be left alone; null: there is room. */
  readonly spend: (installationId: number, points: number, now: Date) => Date | null;
}

const hourMs = 3_600_000;

interface Spending {
  readonly atMs: number;
  readonly points: number;
}

/** @param maxPointsPerHour GraphQL points of one installation; a batch of 100 comments costs one */
export function createPointBudget(maxPointsPerHour: number): PointBudget {
  const spent = new Map<number, readonly Spending[]>();
  return {
    spend: (installationId, points, now) => {
      const nowMs = now.getTime();
      const before = spent.get(installationId) ?? [];
      const recent = [...before, { atMs: nowMs, points }].filter(({ atMs }) => atMs > nowMs - hourMs);
      spent.set(installationId, recent);
      return firstRoomAt(recent, maxPointsPerHour);
    },
  };
}

/** When enough of what was spent is an hour old; null: now. */
function firstRoomAt(recent: readonly Spending[], maxPointsPerHour: number): Date | null {
  let total = recent.reduce((sum, { points }) => sum + points, 0);
  let fullUntilMs: number | null = null;
  for (const { atMs, points } of recent) {
    if (total < maxPointsPerHour) break;
    total -= points;
    fullUntilMs = atMs + hourMs;
  }
  return fullUntilMs === null ? null : new Date(fullUntilMs);
}
