/** When a comment's reactions are read next. Pure: no clock, no chance, no database of its own. */
import type { PollerTier } from "../../poller-tiers.ts";

export interface PollSchedule {
  /** Length of one cycle. */
  readonly intervalMs: number;
  /** How long after posting a comment is read. */
  readonly windowMs: number;
  /** By rising age; the last one also holds for older comments. */
  readonly tiers: readonly PollerTier[];
}

export interface PolledComment {
  readonly postedAt: Date;
  /** When its pull request was closed; null while it is open. */
  readonly closedAt: Date | null;
}

/** People still react for a while after the merge: the last reading is this long after the close. */
export const afterCloseMs = 3_600_000;

/**
 * A reading never comes later than its tier says: what is spread is only how much earlier. The least is 5 %, so that
 * a comment read every cycle is due when the next cycle begins, though that may begin a little early by another
 * clock. The most is 20 %, which spreads a tier of 12 cycles over 2 of them and one of 72 over 11.
 */
const jitter = { least: 0.05, most: 0.2 };

/**
 * @param now when the cycle began that read the comment just now
 * @param random from 0 to 1
 * @returns null when that was the last reading
 */
export function nextPollAt(
  comment: PolledComment,
  schedule: PollSchedule,
  now: Date,
  random: number,
): Date | null {
  const endMs = lastReadingMs(comment, schedule);
  if (now.getTime() >= endMs) return null;
  if (comment.closedAt) return new Date(endMs);
  const ageMs = now.getTime() - comment.postedAt.getTime();
  const periodMs = cyclesAt(ageMs, schedule.tiers) * schedule.intervalMs;
  const earlier = jitter.least + (jitter.most - jitter.least) * random;
  return new Date(Math.min(now.getTime() + periodMs * (1 - earlier), endMs));
}

/** The cycle after the one that began at `now`, whatever the comment's age. */
export function nextCycleAt({ intervalMs }: PollSchedule, now: Date): Date {
  return new Date(now.getTime() + intervalMs * (1 - jitter.least));
}

/** Cycles between two readings of a comment of this age. */
export function cyclesAt(ageMs: number, tiers: readonly PollerTier[]): number {
  return (tiers.find(({ maxAgeMs }) => ageMs < maxAgeMs) ?? tiers.at(-1))?.everyCycles ?? 1;
}

/** The first reading at or after this time is the last one. */
function lastReadingMs({ postedAt, closedAt }: PolledComment, { windowMs }: PollSchedule): number {
  const windowEndMs = postedAt.getTime() + windowMs;
  return closedAt ? Math.min(windowEndMs, closedAt.getTime() + afterCloseMs) : windowEndMs;
}
