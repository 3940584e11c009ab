/** What reading reactions costs on one day: reviewd's poller, counted at the forge, and the plain one beside it. */
import { plainTurns, pollPlainly } from "./plain-poller.ts";
import {
  cyclesPerDay,
  dayMs,
  intervalMs,
  type PolledComment,
  type PolledComments,
  postComments,
  schedule,
} from "./polled-comments.ts";

export interface Load {
  /** Comments that are read, at any time. */
  readonly live: number;
  /** New ones; as many are read for the last time. */
  readonly perDay: number;
  /** The oldest are this old. */
  readonly spreadMs: number;
  /** The cycles counted; the plain poller is counted in all of them, and calls in the last of them. */
  readonly cycles: number;
}

export interface DayCost {
  /** For 1,000 comments and a whole day. */
  readonly calls: number;
  readonly points: number;
  readonly plainCalls: number;
  /** Of these, what was called over HTTP. */
  readonly calledOverHttp: number;
  readonly plainCalledOverHttp: number;
}

const graphql = "POST /graphql";
const restReads = [
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions",
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
];
/** So that what was planned ahead at the start is as it is on any day. */
const warmUpCycles = 12;

export async function countDay({ live, perDay, spreadMs, cycles }: Load): Promise<DayCost> {
  const perCycle = perDay / cyclesPerDay;
  await using polled = await postComments(live + Math.ceil(perCycle * (warmUpCycles + cycles)));
  const { world, comments } = polled;
  const { ledger } = world.hub;
  const startMs = Math.ceil(Date.now() / dayMs) * dayMs;
  const present = comments.slice(0, live);
  await polled.setTime(startMs);
  await polled.age(present, (at) => startMs - (spreadMs * (at + 0.5)) / live);
  await polled.hide(comments.slice(live));

  let posted = live;
  let plainCalls = 0;
  const turn = async (cycle: number) => {
    const nowMs = startMs + cycle * intervalMs;
    await polled.setTime(nowMs);
    const until = live + Math.floor(perCycle * cycle);
    if (until > posted) await polled.post(comments.slice(posted, until));
    posted = until;
    const { failed, left } = await world.poll();
    if (failed + left > 0) throw new Error(`${failed} installations failed, ${left} comments were left`);
    return nowMs;
  };
  for (let cycle = 0; cycle < warmUpCycles; cycle++) await turn(cycle);
  ledger.clear();
  let nowMs = startMs;
  for (let cycle = warmUpCycles; cycle < warmUpCycles + cycles; cycle++) {
    nowMs = await turn(cycle);
    plainCalls += plainTurns(comments.slice(0, posted), nowMs).length;
  }
  const reads = ledger.calls.filter(({ route }) => route === graphql || restReads.includes(route));
  const [calls, points] = [reads.length, reads.reduce((sum, call) => sum + call.points, 0)];
  const plainCalledOverHttp = await callPlainly(polled, comments.slice(0, posted), nowMs);
  const scale = (cyclesPerDay / cycles) * (1_000 / live);
  return {
    ...{ calls: calls * scale, points: points * scale, plainCalls: plainCalls * scale },
    ...{ calledOverHttp: calls, plainCalledOverHttp },
  };
}

/** One turn of the plain poller over HTTP: as many calls as were counted for it. */
async function callPlainly(
  { world }: PolledComments,
  comments: readonly PolledComment[],
  nowMs: number,
): Promise<number> {
  const { ledger } = world.hub;
  ledger.clear();
  const turns = plainTurns(comments, nowMs);
  await pollPlainly(world.ctx.forge, world.hub.installation("acme").id, turns);
  const called = restReads.reduce((sum, route) => sum + ledger.count(route), 0);
  if (called !== turns.length) throw new Error(`the plain poller made ${called} calls of ${turns.length}`);
  return called;
}

/** All posted within the day, and read in every cycle. */
export const fresh = { live: 1_000, perDay: 0, spreadMs: 0 };
/** As many of every age. */
export const even = { live: 1_000, perDay: 1_000 / 14, spreadMs: schedule.windowMs };
/** 1,000 new ones a day, for weeks. */
export const steady = { live: 14_000, perDay: 1_000, spreadMs: schedule.windowMs };
