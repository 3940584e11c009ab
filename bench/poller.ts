/**
 * What reading reactions costs the forge, counted there, beside a poller that asks for each comment by itself; and whether
 * a reaction that is taken back is seen in time, also where cycles come late.
 */
import { stopTestServer } from "../test/support/server.ts";
import { type Seen, watchTakenBack } from "./support/late-ticks.ts";
import { cyclesPerDay, dayMs } from "./support/polled-comments.ts";
import { countDay, type DayCost, even, fresh, type Load, steady } from "./support/polled-day.ts";
import { report, short } from "./support/report.ts";

/** Every tier comes round within 72 cycles, so that a quarter of a day is like any other. */
const quarter = cyclesPerDay / 4;
const loads: Readonly<Record<string, Load>> = {
  fresh: { ...fresh, cycles: short ? 6 : quarter },
  even: { ...even, cycles: short ? quarter : cyclesPerDay },
  steady: { ...steady, cycles: short ? 12 : cyclesPerDay },
};

const ratios: Record<string, number> = {};
for (const [name, load] of Object.entries(loads)) {
  const cost = await countDay(load);
  show(name, load, cost);
  ratios[`${name}.plainOverOurs`] = cost.plainCalls / cost.calls;
  ratios[`${name}.calls`] = cost.calls;
  ratios[`${name}.points`] = cost.points;
}
for (const ticking of ["on time", "late"] as const) {
  const seen = await watchTakenBack(1_000, short ? dayMs / 4 : 2 * dayMs, ticking);
  showSeen(ticking, seen);
  const suffix = ticking === "late" ? "Late" : "";
  ratios[`unseen${suffix}`] = seen.unseen;
  ratios[`plainUnseen${suffix}`] = seen.plainUnseen / seen.takenBack;
}
await stopTestServer();

report({
  bench: "poller",
  ratios,
  goals: {
    "fresh.plainOverOurs": { min: 90 },
    "even.plainOverOurs": { min: 90 },
    "steady.plainOverOurs": { min: 90 },
    unseen: { max: 0 },
    unseenLate: { max: 0 },
  },
  rounds: 1,
});

function show(name: string, { live, cycles }: Load, cost: DayCost): void {
  const a = (number: number) => Math.round(number).toLocaleString("en");
  console.log(
    `${name}: a day and 1,000 comments: ${a(cost.calls)} calls, ${a(cost.points)} points; the plain poller ${a(cost.plainCalls)} calls`,
  );
  console.log(
    `  ${live} comments; over HTTP: all ${a(cost.calledOverHttp)} calls of ${cycles} of ${cyclesPerDay} cycles, and the plain poller's ${a(cost.plainCalledOverHttp)} of one; its others are computed`,
  );
}

function showSeen(ticking: string, seen: Seen): void {
  console.log(
    `cycles ${ticking} (${seen.cycles}, ${seen.restarts} restarts): of ${seen.takenBack} reactions taken back ${seen.unseen} not seen in time; ` +
      `the plain poller (computed) ${seen.plainUnseen}, ${seen.plainUnseenTwice} of them not within twice the time`,
  );
}
