/**
 * Whether a reaction that is taken back is seen in time: by the first cycle that begins when its comment's tier says, or
 * later where none begins then. Cycles come on time, or late and with gaps, as where processes are busy and restarted.
 */
import { sql } from "drizzle-orm";
import { plainTurns } from "./plain-poller.ts";
import { dayMs, intervalMs, type PolledComment, periodMs, postComments } from "./polled-comments.ts";

export interface Seen {
  readonly takenBack: number;
  readonly cycles: number;
  readonly restarts: number;
  /** Not seen by the cycle that is the last in time. */
  readonly unseen: number;
  readonly plainUnseen: number;
  /** Of those: not for a further time of the tier. */
  readonly plainUnseenTwice: number;
}

interface Tick {
  readonly atMs: number;
  /** Another process begins with it. */
  readonly restarts: boolean;
}

const oldestMs = 12 * dayMs;
const lateShare = 0.1;
const restartShare = 0.02;
const longestGapCycles = 5;

/** @param withinMs reactions are taken back within this time; then all tiers come round */
export async function watchTakenBack(
  count: number,
  withinMs: number,
  ticking: "on time" | "late",
): Promise<Seen> {
  await using polled = await postComments(count);
  const { world, comments } = polled;
  const startMs = Math.ceil(Date.now() / dayMs) * dayMs;
  const eve = world.hub.user("eve");
  for (const { view } of comments) await eve.react(view, "-1");
  await polled.setTime(startMs);
  await world.poll();
  await polled.age(comments, (at) => startMs - (oldestMs * (at + 0.5)) / count);

  const takenBack = comments.map((comment) => ({
    comment,
    atMs: startMs + Math.random() * withinMs,
  }));
  const ticks = plan(startMs, startMs + withinMs + 2.5 * periodMs(oldestMs), ticking);
  const seenAt = new Map<string, number>();
  for (const [index, { atMs, restarts }] of ticks.entries()) {
    const sinceMs = ticks[index - 1]?.atMs ?? 0;
    const now = takenBack.filter((one) => one.atMs > sinceMs && one.atMs <= atMs);
    for (const { comment } of now) await eve.unreact(comment.view, "-1");
    await polled.setTime(atMs);
    if (restarts) world.restart();
    const { removed } = await world.poll();
    if (removed === 0) continue;
    const rows = await world.ctx.db.execute<{ comment_id: string }>(
      sql`select comment_id from review_feedback where removed_at is not null`,
    );
    for (const { comment_id: id } of rows) if (!seenAt.has(id)) seenAt.set(id, atMs);
  }
  const lateBy = (times: number) => (one: (typeof takenBack)[number]) => {
    const limitMs = lastInTime(ticks, one.atMs + times * periodMs(one.atMs - one.comment.postedAtMs));
    return { ...one, limitMs };
  };
  const once = takenBack.map(lateBy(1));
  const isUnseenPlainly = ({ comment, atMs, limitMs }: (typeof once)[number]) =>
    !(plainlySeenAt(comment, atMs, ticks) <= limitMs);
  return {
    ...{ takenBack: count, cycles: ticks.length, restarts: ticks.filter(({ restarts }) => restarts).length },
    unseen: once.filter(({ comment, limitMs }) => !((seenAt.get(comment.rowId) ?? Infinity) <= limitMs))
      .length,
    plainUnseen: once.filter(isUnseenPlainly).length,
    plainUnseenTwice: takenBack.map(lateBy(2)).filter(isUnseenPlainly).length,
  };
}

/** From the start until everything should have been seen, also by the plain poller and with late ticks. */
function plan(startMs: number, endMs: number, ticking: "on time" | "late"): readonly Tick[] {
  const ticks: Tick[] = [];
  let atMs = startMs;
  while (atMs < endMs) {
    const restarts = ticking === "late" && Math.random() < restartShare;
    const isLate = ticking === "late" && Math.random() < lateShare;
    atMs += intervalMs;
    if (isLate) atMs += Math.random() * intervalMs;
    if (restarts) atMs += Math.random() * longestGapCycles * intervalMs;
    ticks.push({ atMs, restarts });
  }
  return ticks;
}

/** The first cycle that begins at this time or later. */
function lastInTime(ticks: readonly Tick[], atMs: number): number {
  return ticks.find((tick) => tick.atMs >= atMs)?.atMs ?? Number.POSITIVE_INFINITY;
}

function plainlySeenAt(comment: PolledComment, takenBackMs: number, ticks: readonly Tick[]): number {
  const seen = ticks.find(({ atMs }) => atMs >= takenBackMs && plainTurns([comment], atMs).length > 0);
  return seen?.atMs ?? Number.POSITIVE_INFINITY;
}
