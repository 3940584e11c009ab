/**
 * The queue while processes are killed, stand still for longer than their lease and are replaced, and Postgres crashes:
 * no cap is exceeded, no pull request has two publishers, no task is lost, doubled or stuck. The short form of
 * `bun run bench chaos`, and the proof that it would see.
 */
import { expect, test } from "bun:test";
import { playChaos } from "../../bench/support/chaos-play.ts";
import { spoiledPlan } from "../../bench/support/chaos-spoiled.ts";
import { findFaults } from "../../bench/support/chaos-verdict.ts";

const tasks = 800;
/** Alone on a machine it takes a fraction of this; processes that are killed take long to start again on a busy one. */
const timeoutMs = 300_000;

test(
  "whatever is killed, stands still or crashes, the queue keeps its promises",
  async () => {
    const history = await playChaos({
      tasks,
      headStart: tasks / 2,
      deepestBacklog: tasks,
      owners: 10,
      processes: 3,
      claimersEach: 2,
      leaseMs: 1_500,
      killEveryMs: 1_500,
      leastKills: 1,
      standStillEveryMs: 500,
      replaceEveryMs: 2_000,
      crash: true,
    });
    const faults = Object.values(findFaults(history)).flat();
    expect(faults).toEqual([]);
    expect(history.tasks.length).toBeGreaterThanOrEqual(tasks);
    const { kills, standStills, replacements, crashes } = history.happened;
    expect(Math.min(kills, standStills, replacements, crashes)).toBeGreaterThan(0);
  },
  timeoutMs,
);

test(
  "a queue that counts what runs and lets two publish is seen through",
  async () => {
    const { overCap, twoPerPullRequest } = findFaults(await playChaos(spoiledPlan));
    expect(Math.min(overCap.length, twoPerPullRequest.length)).toBeGreaterThan(0);
  },
  timeoutMs,
);
