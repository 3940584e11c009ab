/**
 * How fast the queue is drained and filled, and what that costs the database: reviewd with its caps against
 * graphile-worker and pg-boss without, on the settings their documentation gives, and against what Postgres allows.
 */
import bench from "./package.json" with { type: "json" };
import { type Drained, measureDrain } from "./support/drain.ts";
import type { DrainProgramName } from "./support/drain-program.ts";
import { measureGraphileEnqueue, measureReviewdEnqueue } from "./support/enqueue.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { report, short } from "./support/report.ts";
import { interleave, ratioOf, typical } from "./support/rounds.ts";

const rounds = short ? 1 : 5;
const tasks = short ? 2_000 : 20_000;
const enqueue = { clients: 8, tasks: short ? 1_000 : 8_000 };

const single = ["reviewd", "reviewd one by one", "raw", "graphile"] as const;
const batched = ["reviewd batched", "raw batched", "graphile batched", "pg-boss batched"] as const;
const programs: readonly DrainProgramName[] = [...single, ...batched];

const server = await startBenchServer();
const drain = (program: DrainProgramName, processes: number) => (): Promise<Drained> =>
  measureDrain(server, { program, processes, tasks });
const drains = Object.fromEntries(
  programs.flatMap((program) =>
    [1, 2].map((processes) => [`${program} ${processes}`, drain(program, processes)]),
  ),
);
const drained = await interleave(rounds, drains);
const enqueued = await interleave(rounds, {
  reviewd: () => measureReviewdEnqueue(server, enqueue),
  graphile: () => measureGraphileEnqueue(server, enqueue),
});
await server.stop();

for (const name of Object.keys(drains)) {
  const [rate, cpuUs] = [
    typical(drained, name, ({ rate }) => rate),
    typical(drained, name, ({ cpuUs }) => cpuUs),
  ];
  const processes = name.endsWith("1") ? "process" : "processes";
  console.log(
    `${`${name} ${processes}`.padEnd(32)}${rate.toFixed(0).padStart(8)} tasks/s ${cpuUs.toFixed(0).padStart(8)} us of database CPU a task`,
  );
}
for (const name of ["reviewd", "graphile"])
  console.log(
    `${`${name} enqueue`.padEnd(32)}${typical(enqueued, name, (rate) => rate)
      .toFixed(0)
      .padStart(8)} tasks/s`,
  );

const rateOf = ({ rate }: Drained) => rate;
const cpuOf = ({ cpuUs }: Drained) => cpuUs;
const perProcesses = (processes: number) => ({
  [`drain${processes}.graphile`]: ratioOf(drained, [`reviewd ${processes}`, `graphile ${processes}`], rateOf),
  [`drain${processes}.raw`]: ratioOf(drained, [`reviewd ${processes}`, `raw ${processes}`], rateOf),
  [`batched${processes}.graphile`]: ratioOf(
    drained,
    [`reviewd batched ${processes}`, `graphile batched ${processes}`],
    rateOf,
  ),
  [`batched${processes}.pgBoss`]: ratioOf(
    drained,
    [`reviewd batched ${processes}`, `pg-boss batched ${processes}`],
    rateOf,
  ),
  [`batched${processes}.raw`]: ratioOf(
    drained,
    [`reviewd batched ${processes}`, `raw batched ${processes}`],
    rateOf,
  ),
  [`cpu${processes}.raw`]: ratioOf(drained, [`reviewd ${processes}`, `raw ${processes}`], cpuOf),
  [`cpuOneByOne${processes}.raw`]: ratioOf(
    drained,
    [`reviewd one by one ${processes}`, `raw ${processes}`],
    cpuOf,
  ),
});
const ratios = {
  ...perProcesses(1),
  ...perProcesses(2),
  "enqueue.graphile": ratioOf(enqueued, ["reviewd", "graphile"], (rate) => rate),
};
const goalsOf = (processes: number) => ({
  [`drain${processes}.graphile`]: { min: 1 },
  [`drain${processes}.raw`]: { min: 0.9 },
  [`batched${processes}.graphile`]: { min: 0.8 },
  [`batched${processes}.pgBoss`]: { min: 1.2 },
  [`cpu${processes}.raw`]: { max: 1.6 },
});
const goals = { ...goalsOf(1), ...goalsOf(2), "enqueue.graphile": { min: 0.9 } };
report({
  bench: "queue",
  ratios,
  goals,
  rounds,
  versions: { postgres: server.version, ...bench.dependencies },
});
