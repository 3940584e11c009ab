/**
 * Comments on a simulated GitHub that a poller reads, of whatever age, and a clock that goes in steps: the database's and
 * the forge's. The poller is the product's own, over HTTP.
 */
import { sql } from "drizzle-orm";
import { cyclesAt, type PollSchedule } from "../../src/domain/feedback/next-poll-at.ts";
import { type PollWorld, startPollWorld } from "../../test/domain/feedback/poll-world.ts";
import { fullName } from "../../test/fakehub/render/repository.ts";
import type { InlineCommentView, IssueCommentView } from "../../test/fakehub/scenario/views.ts";

export const dayMs = 86_400_000;
export const intervalMs = 300_000;
export const cyclesPerDay = dayMs / intervalMs;

/** What the poller does unless it is told otherwise. */
export const schedule: PollSchedule = {
  intervalMs,
  windowMs: 14 * dayMs,
  tiers: [
    { maxAgeMs: dayMs, everyCycles: 1 },
    { maxAgeMs: 3 * dayMs, everyCycles: 12 },
    { maxAgeMs: 14 * dayMs, everyCycles: 72 },
  ],
};

export interface PolledComment {
  /** Counted from 0; by it a poller that goes by remainders takes its turns. */
  readonly number: number;
  readonly rowId: string;
  readonly view: InlineCommentView | IssueCommentView;
  readonly fullName: string;
  readonly repositoryId: number;
  /** By the stepping clock. */
  postedAtMs: number;
}

export interface PolledComments extends AsyncDisposable {
  readonly world: PollWorld;
  readonly comments: readonly PolledComment[];
  /** Sets both clocks. */
  readonly setTime: (timeMs: number) => Promise<void>;
  /** Gives comments their ages, at the time that is set; read last within their tier's time. */
  readonly age: (comments: readonly PolledComment[], postedAtMs: (at: number) => number) => Promise<void>;
  /** Has the poller know nothing of these until they are posted. */
  readonly hide: (comments: readonly PolledComment[]) => Promise<void>;
  /** At the time that is set. */
  readonly post: (comments: readonly PolledComment[]) => Promise<void>;
}

/** The App's tokens last an hour. */
const renewMs = 50 * 60_000;
/** Of one review, on one pull request. */
const perReview = 1_000;
const owner = "acme";
/** REST without GitHub's limits for the poller that needs it; GraphQL has those it has. */
const limits = { callsPerHour: 1e9, restPointsPerMinute: 1e9 };

export async function postComments(count: number): Promise<PolledComments> {
  const world = await startPollWorld(limits, 1_000, schedule);
  const { db } = world.ctx;
  const comments: PolledComment[] = [];
  while (comments.length < count) {
    const posted = await world.post(owner, Math.min(perReview, count - comments.length) - 1);
    const rows = new Map((await world.comments()).map((row) => [`${row.kind} ${row.externalId}`, row.id]));
    for (const view of [...posted.inline, posted.summary]) {
      const kind = view.kind === "inline" ? "inline" : "summary";
      const rowId = rows.get(`${kind} ${view.id}`);
      if (!rowId) throw new Error("a comment that was posted is not known");
      const { repository } = posted.pull.record;
      const place = { repositoryId: repository.id, fullName: fullName(repository) };
      comments.push({ number: comments.length, rowId, view, ...place, postedAtMs: 0 });
    }
  }
  // What people may do is asked of public repositories only, and is not what is measured.
  await db.execute(sql`update repositories set private = true`);

  const write = async (changed: readonly PolledComment[], nextPollAtMs: (at: number) => number | null) => {
    const rows = changed.map(({ rowId, postedAtMs }, at) => {
      const nextMs = nextPollAtMs(at);
      return { id: rowId, posted: timeOf(postedAtMs), next: nextMs === null ? null : timeOf(nextMs) };
    });
    await db.execute(sql`
      update review_comments c set posted_at = given.posted, next_poll_at = given.next
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as given(id uuid, posted timestamptz, next timestamptz)
      where c.id = given.id`);
  };
  let nowMs = Date.now();
  let renewAtMs = nowMs;
  return {
    world,
    comments,
    setTime: async (timeMs) => {
      await db.execute(sql`update clock set shift = ${timeOf(timeMs)}::timestamptz - clock_timestamp()`);
      world.hub.clock.advance(timeMs - nowMs);
      nowMs = timeMs;
      // An hour takes a second here, of which the token broker cannot know: it would renew its tokens before they end.
      if (nowMs < renewAtMs) return;
      world.restart();
      renewAtMs = nowMs + renewMs;
    },
    age: async (aged, postedAtMs) => {
      for (const [at, comment] of aged.entries()) comment.postedAtMs = postedAtMs(at);
      await write(aged, (at) => nowMs + Math.random() * periodMs(nowMs - postedAtMs(at)) - intervalMs);
    },
    hide: (hidden) => write(hidden, () => null),
    post: async (posted) => {
      for (const comment of posted) comment.postedAtMs = nowMs;
      await write(posted, () => nowMs);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** How long a comment of this age may go unread. */
export function periodMs(ageMs: number): number {
  return cyclesAt(ageMs, schedule.tiers) * intervalMs;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
