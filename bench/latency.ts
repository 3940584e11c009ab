/**
 * How soon an idle queue starts a task that is put into it: reviewd against graphile-worker, and against the bare
 * round trips that no queue of this kind can do without.
 */
import bench from "./package.json" with { type: "json" };
import { startBenchServer } from "./support/postgres-server.ts";
import { report, short } from "./support/report.ts";
import { interleave, ratioOf, typical } from "./support/rounds.ts";
import { bareRoundTrips, graphileIdle, measureStarts, reviewdIdle } from "./support/start-latency.ts";

const rounds = short ? 2 : 7;
const samples = short ? 100 : 200;

const server = await startBenchServer();
const queues = { reviewd: reviewdIdle, graphile: graphileIdle, bare: bareRoundTrips };
const starts = await interleave(
  rounds,
  Object.fromEntries(
    Object.entries(queues).map(([name, queue]) => [name, () => measureStarts(server, queue, samples)]),
  ),
);
await server.stop();

const percentiles = [50, 95, 99] as const;
const at = (percent: number) => (latencies: readonly number[]) =>
  latencies[Math.ceil((latencies.length * percent) / 100) - 1] ?? Number.NaN;
for (const name of Object.keys(queues)) {
  const figures = percentiles.map(
    (percent) => `p${percent} ${typical(starts, name, at(percent)).toFixed(2)} ms`,
  );
  console.log(`${name.padEnd(12)}${figures.join("  ")}`);
}
const ratios = {
  "p50.graphile": ratioOf(starts, ["reviewd", "graphile"], at(50)),
  "p99.graphile": ratioOf(starts, ["reviewd", "graphile"], at(99)),
  "p50.bare": ratioOf(starts, ["reviewd", "bare"], at(50)),
  "p99.bare": ratioOf(starts, ["reviewd", "bare"], at(99)),
};
const goals = {
  "p50.graphile": { max: 0.8 },
  "p99.graphile": { max: 0.8 },
  "p50.bare": { max: 1.5 },
  "p99.bare": { max: 1.5 },
};
report({
  bench: "latency",
  ratios,
  goals,
  rounds,
  versions: { postgres: server.version, ...bench.dependencies },
});
