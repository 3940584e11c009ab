/**
 * What a backlog of a million tasks costs: the rate of claiming and finishing, and the buffers that takes, beside a
 * backlog of ten thousand, in three shapes; in the worst of them beside pg-boss and the obvious way to hold a cap.
 */
import bench from "./package.json" with { type: "json" };
import type { Backlog, Shape } from "./support/backlog.ts";
import { buffersPerCall, countingStatements } from "./support/buffers.ts";
import { type Measurement, measureRate, type OpenQueue } from "./support/lanes.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { report, short } from "./support/report.ts";
import { interleave, ratioOf, typical } from "./support/rounds.ts";
import { openClaimer } from "./support/task-queue.ts";
import { naive, pgBoss, reviewd, withQueue } from "./support/with-queue.ts";

const rounds = short ? 3 : 9;
const comparedRounds = short ? 2 : 5;
const large = { pending: short ? 50_000 : 1_000_000, owners: short ? 1_000 : 10_000 };
const small = { pending: 10_000, owners: large.owners };
/** As small, but every owner has as many tasks as in the large one. */
const scaled = { pending: small.pending, owners: (large.owners * small.pending) / large.pending };

const lanes = 10;
/** While connections make their plans. With what is measured, no more than any shape of the small backlog can give. */
const warmUp = { lanes, holdMs: 0, tasks: 150, withinMs: 60_000 };
const full = { ...warmUp, tasks: 600 };
const held = { lanes, holdMs: 2, tasks: 600, withinMs: short ? 2_000 : 15_000 };
const bufferTasks = 200;
const warmUpClaims = 20;

const ratios: Record<string, number> = {};
const goals: Record<string, { min: number } | { max: number }> = {};
const server = await startBenchServer(countingStatements);
try {
  for (const shape of ["uniform", "hog", "saturated"] as const) await measureShape(shape);
} finally {
  await server.stop();
}
const versions = { postgres: server.version, "pg-boss": bench.dependencies["pg-boss"] };
report({ bench: "backlog", ratios, goals, rounds, versions });

async function measureShape(shape: Shape): Promise<void> {
  await withTasks({ shape, ...large }, async (queue) => {
    const rates = await interleave(rounds, {
      large: () => rate(queue, full),
      small: () => withTasks({ shape, ...small }, (fresh) => rate(fresh, full)),
      scaled: () => withTasks({ shape, ...scaled }, (fresh) => rate(fresh, full)),
    });
    for (const name of rates.keys())
      console.log(`${shape} ${name}: ${typical(rates, name, Number).toFixed(0)} tasks/s`);
    judge(`${shape}.rate`, ratioOf(rates, ["large", "small"], Number), { min: 0.9 });
    ratios[`${shape}.rateOverScaled`] = ratioOf(rates, ["large", "scaled"], Number);

    const claims = [await buffersPerClaim(queue), await withTasks({ shape, ...small }, buffersPerClaim)];
    judge(`${shape}.buffersPerClaim`, quotient(`${shape} buffers per claim`, claims), { max: 1.25 });
    const tasks = [await buffersPerTask(queue), await withTasks({ shape, ...scaled }, buffersPerTask)];
    ratios[`${shape}.buffersPerTaskOverScaled`] = quotient(`${shape} buffers per task`, tasks);
    if (shape === "hog") await compareOthers(queue);
  });
}

/** In the shape that is hardest for a queue that looks for whom to serve while it claims. */
async function compareOthers(reviewdQueue: OpenQueue): Promise<void> {
  const backlog = { shape: "hog", ...large } as const;
  const rates = await withQueue(server, { kind: naive, backlog, lanes }, (naiveQueue) =>
    withQueue(server, { kind: pgBoss, backlog, lanes }, (pgBossQueue) =>
      interleave(comparedRounds, {
        reviewd: () => measureRate(reviewdQueue, held),
        naive: () => measureRate(naiveQueue, held),
        pgBoss: () => measureRate(pgBossQueue, held),
      }),
    ),
  );
  for (const name of rates.keys())
    console.log(`hog, held, ${name}: ${typical(rates, name, Number).toFixed(2)} tasks/s`);
  // What the others look through grows with the backlog; in a short run there is a twentieth of it.
  const goal = { min: short ? 5 : 100 };
  judge("hog.overNaive", ratioOf(rates, ["reviewd", "naive"], Number), goal);
  judge("hog.overPgBoss", ratioOf(rates, ["reviewd", "pgBoss"], Number), goal);
}

async function withTasks<T>(backlog: Backlog, use: (queue: OpenQueue) => Promise<T>): Promise<T> {
  return await withQueue(server, { kind: reviewd, backlog, lanes }, use);
}

function quotient(what: string, [ofLarge = Number.NaN, ofOther = Number.NaN]: readonly number[]): number {
  console.log(`${what}: ${ofLarge.toFixed(1)}, in the other backlog ${ofOther.toFixed(1)}`);
  return ofLarge / ofOther;
}

function judge(name: string, ratio: number, goal: { min: number } | { max: number }): void {
  ratios[name] = ratio;
  goals[name] = goal;
}

async function rate(queue: OpenQueue, measurement: Measurement): Promise<number> {
  await measureRate(queue, warmUp);
  return await measureRate(queue, measurement);
}

/** Of calls that only claim. */
async function buffersPerClaim(queue: OpenQueue): Promise<number> {
  await measureRate(queue, warmUp);
  const claimer = await openClaimer(queue.url);
  await claimer.claim(warmUpClaims);
  const buffers = await buffersPerCall(queue.url, "exchange_runs", () => claimer.claim(bufferTasks));
  await claimer.close();
  return buffers;
}

/** Of calls that finish a task and claim the next one. */
async function buffersPerTask(queue: OpenQueue): Promise<number> {
  await measureRate(queue, warmUp);
  return await buffersPerCall(queue.url, "exchange_runs", async () => {
    await measureRate(queue, { ...warmUp, lanes: 1, tasks: bufferTasks });
  });
}
