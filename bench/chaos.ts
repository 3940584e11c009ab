/**
 * The queue while everything goes wrong: processes are killed every few seconds, stand still for longer than their
 * lease and wake up again, and Postgres crashes. What must never happen is counted from when each run really began and
 * ended; what may happen is that a killed run begins again when its lease is over, and soon.
 */
import { type ChaosPlan, playChaos } from "./support/chaos-play.ts";
import { spoiledPlan } from "./support/chaos-spoiled.ts";
import {
  countLateEnds,
  countLostTooOften,
  faultKinds,
  findFaults,
  restartP95Ms,
} from "./support/chaos-verdict.ts";
import { report, short } from "./support/report.ts";

const everythingAtOnce: ChaosPlan = {
  tasks: short ? 3_000 : 100_000,
  headStart: short ? 1_000 : 5_000,
  deepestBacklog: 20_000,
  owners: 40,
  processes: 4,
  claimersEach: 2,
  leaseMs: 2_000,
  killEveryMs: 2_500,
  leastKills: 3,
  standStillEveryMs: short ? 1_000 : 7_000,
  replaceEveryMs: short ? 3_000 : 11_000,
  crash: true,
};
/** With the lease that the product has unless it is told otherwise. */
const killsAlone: ChaosPlan = {
  ...everythingAtOnce,
  tasks: 5_000,
  headStart: 1_000,
  deepestBacklog: 2_000,
  leaseMs: 15_000,
  leastKills: 20,
  standStillEveryMs: null,
  replaceEveryMs: null,
  crash: false,
};
/** So long after the kill and the lease, at the 95th percentile. */
const restartGoal = { max: 1 };
const shownFaults = 10;

const chaos = await play("everything at once", everythingAtOnce);
const kills = short ? null : await play("kills, with the default lease", killsAlone);
const spoiled = await play("a queue that counts what runs, and no pull request is ever busy", spoiledPlan);

const judged = kills ? [chaos, kills] : [chaos];
const faultCounts = Object.fromEntries(
  faultKinds.map((kind) => [kind, judged.reduce((sum, { faults }) => sum + faults[kind].length, 0)]),
);
report({
  bench: "chaos",
  ratios: {
    ...faultCounts,
    restartBeyondLeaseS: chaos.restartBeyondLeaseS,
    ...(kills ? { restartBeyondDefaultLeaseS: kills.restartBeyondLeaseS } : {}),
    tasks: chaos.history.tasks.length,
    ...chaos.history.happened,
    lateEnds: countLateEnds(chaos.history),
    lostTooOften: countLostTooOften(chaos.history),
    noticedOverCap: spoiled.faults.overCap.length,
    noticedTwoPerPullRequest: spoiled.faults.twoPerPullRequest.length,
  },
  goals: {
    ...Object.fromEntries(faultKinds.map((kind) => [kind, { max: 0 }])),
    tasks: { min: everythingAtOnce.tasks },
    noticedOverCap: { min: 1 },
    noticedTwoPerPullRequest: { min: 1 },
    // Few are killed in the short form, and some of them wait for Postgres.
    ...(short
      ? {}
      : { restartBeyondLeaseS: restartGoal, restartBeyondDefaultLeaseS: restartGoal, lateEnds: { min: 1 } }),
  },
  rounds: 1,
  versions: { postgres: chaos.history.postgresVersion },
});

async function play(name: string, plan: ChaosPlan) {
  const history = await playChaos(plan);
  const faults = findFaults(history);
  const restartMs = restartP95Ms(history);
  const runs = history.processes.reduce((sum, process) => sum + process.runs.length, 0);
  const { kills, standStills, replacements, crashes } = history.happened;
  console.log(
    `${name}: ${history.tasks.length} tasks, ${runs} runs in ${history.processes.length} processes`,
  );
  console.log(`  ${kills} killed, ${standStills} stood still, ${replacements} replaced, ${crashes} crashes`);
  if (kills > 0) {
    console.log(`  ${countLostTooOften(history)} tasks failed because they were lost too often`);
    console.log(`  95 % of killed runs began again within ${(restartMs / 1_000).toFixed(2)} s`);
  }
  console.log(`  seats looked at ${history.looks} times`);
  for (const kind of faultKinds) {
    if (faults[kind].length > 0) console.log(`  ${kind}: ${faults[kind].length}`);
    if (!plan.spoil) for (const fault of faults[kind].slice(0, shownFaults)) console.log(`    ${fault}`);
  }
  return { history, faults, restartBeyondLeaseS: (restartMs - plan.leaseMs) / 1_000 };
}
