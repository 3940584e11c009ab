/**
 * Reviews of a whole reviewd while its dispatcher is killed, at every step of publishing: what is lost or repeated on
 * the forge, and whether the model was asked again.
 */
import { playCrashes } from "./support/crash-play.ts";
import { findMissed } from "./support/crash-points.ts";
import { report, short } from "./support/report.ts";

const shownFaults = 10;

const plan = short ? { kills: 30, lanes: 8, leaseSecs: 6 } : { kills: 1_000, lanes: 40, leaseSecs: 9 };
const { killed, byPoint, lost, repeated, askedAgain } = await playCrashes({
  ...plan,
  tell: (progress) => console.log(progress),
});
console.log(`${killed} runs were killed:`);
for (const [point, number] of Object.entries(byPoint)) console.log(`  ${number} when ${point}`);
for (const fault of [...lost, ...repeated, ...askedAgain].slice(0, shownFaults)) console.log(`  ${fault}`);
report({
  bench: "publishing",
  ratios: {
    killed,
    lost: lost.length,
    repeated: repeated.length,
    askedAgain: askedAgain.length,
    pointsMissed: findMissed(byPoint).length,
  },
  goals: {
    killed: { min: short ? 30 : 1_000 },
    lost: { max: 0 },
    repeated: { max: 0 },
    askedAgain: { max: 0 },
    pointsMissed: { max: 0 },
  },
  rounds: 1,
});
