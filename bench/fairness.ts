/**
 * Whether anybody's load delays others beyond their share: how long a newcomer's one task waits behind the backlog of
 * others, beside a queue that serves the oldest first, how equal the shares of equals are, and whether weights are kept.
 */
import type { Db } from "../src/adapters/postgres/connect.ts";
import { insertTask } from "../src/adapters/postgres/tasks.ts";
import { createTestDatabase } from "../test/support/database.ts";
import { newTask, seedOwner, seedPullRequest } from "../test/support/seed.ts";
import { seedBacklog, seededId } from "./support/backlog.ts";
import { seedFifo, startFifoWorker } from "./support/fifo-worker.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { quantile } from "./support/quantile.ts";
import { report, short } from "./support/report.ts";
import { interleave, typical } from "./support/rounds.ts";
import { startTimedWorker } from "./support/timed-worker.ts";

const rounds = short ? 3 : 5;
const concurrency = 10;
const taskMs = 20;
/** Still 100,000 after all rounds. */
const equals = { shape: "uniform", pending: short ? 105_000 : 130_000, owners: 50 } as const;
const newcomers = short ? 25 : 100;
/** Coprime to the tasks' length, so that newcomers come at every moment of it. */
const newcomerGapMs = 97;
const weights = [1, 2, 4];
const weighted = { shape: "uniform", pending: 60_000, owners: 30, weights } as const;
/** Tasks before the shares are counted: the first ones were all placed at the same moment. */
const warmUpStarts = 300;
const weighedStarts = short ? 1_500 : 5_000;

type Measured = Readonly<Record<string, number>>;

const server = await startBenchServer();
const databases = {
  equals: await createTestDatabase({ serverUrl: server.url }),
  weighted: await createTestDatabase({ serverUrl: server.url }),
  fifo: await createTestDatabase({ serverUrl: server.url, migrated: false }),
};
await seedBacklog(databases.equals.url, equals);
await seedBacklog(databases.weighted.url, weighted);
await seedFifo(databases.fifo.url, equals);
const measured = await interleave(rounds, {
  fair: () => measureFair(databases.equals.url, databases.equals.db),
  fifo: () => measureFifo(databases.fifo.url),
  weights: () => measureWeights(databases.weighted.url),
});
for (const database of Object.values(databases)) await database.close();
await server.stop();

const of = (name: string, figure: string) =>
  typical<Measured>(measured, name, (one) => one[figure] ?? Number.NaN);
const ratios = {
  newcomerP50: of("fair", "p50"),
  newcomerP95: of("fair", "p95"),
  newcomerMost: of("fair", "most"),
  fifoNewcomersStarted: of("fifo", "started"),
  jain: of("fair", "jain"),
  offWeight: of("weights", "off"),
};
console.log(
  `waits are in task lengths of ${taskMs} ms, behind ${equals.pending} tasks of ${equals.owners} owners`,
);
console.log(
  `oldest first: ${of("fifo", "started") * 100} % of newcomers started within ${newcomers * newcomerGapMs} ms`,
);
const goals = { newcomerP95: { max: 2 }, jain: { min: 0.99 }, offWeight: { max: 0.05 } };
report({ bench: "fairness", ratios, goals, rounds, versions: { postgres: server.version } });

async function measureFair(url: string, db: Db): Promise<Measured> {
  const startedAt = new Map<string, number>();
  const starts = new Map<string, number>();
  const onStart = ({ ownerId }: { readonly ownerId: string }) => {
    startedAt.set(ownerId, performance.now());
    starts.set(ownerId, (starts.get(ownerId) ?? 0) + 1);
  };
  const tasks = [];
  for (let n = 0; n < newcomers; n++) tasks.push(newTask(await seedPullRequest(db, await seedOwner(db))));
  const worker = startTimedWorker({ url, concurrency, taskMs, onStart });
  await Bun.sleep(newcomerGapMs);
  const enqueuedAt = new Map<string, number>();
  for (const task of tasks) {
    enqueuedAt.set(task.ownerId, performance.now());
    await insertTask(db, task);
    await Bun.sleep(newcomerGapMs);
  }
  await worker.stop();
  // Who never started waits for longer than this.
  const endedAt = performance.now();
  const waits = [...enqueuedAt].map(([owner, at]) => ((startedAt.get(owner) ?? endedAt) - at) / taskMs);
  const shares = Array.from({ length: equals.owners }, (_, at) => starts.get(seededId(at + 1)) ?? 0);
  return {
    p50: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
    most: Math.max(...waits),
    jain: jainIndex(shares),
  };
}

/** The share of newcomers that started at all. */
async function measureFifo(url: string): Promise<Measured> {
  let started = 0;
  const onStart = (owner: number) => {
    if (owner > equals.owners) started++;
  };
  const worker = startFifoWorker({ url, concurrency, taskMs, onStart });
  for (let n = 1; n <= newcomers; n++) {
    await worker.enqueue(equals.owners + n);
    await Bun.sleep(newcomerGapMs);
  }
  await worker.stop();
  return { started: started / newcomers };
}

/** How far the share of any weight is from what it should be, as a part of that. */
async function measureWeights(url: string): Promise<Measured> {
  const starts = weights.map(() => 0);
  const classOf = new Map(
    Array.from({ length: weighted.owners }, (_, at) => [seededId(at + 1), at % weights.length] as const),
  );
  const enough = Promise.withResolvers<void>();
  let started = 0;
  const onStart = ({ ownerId }: { readonly ownerId: string }) => {
    if (++started <= warmUpStarts) return;
    const weightClass = classOf.get(ownerId) ?? Number.NaN;
    starts[weightClass] = (starts[weightClass] ?? 0) + 1;
    if (started === warmUpStarts + weighedStarts) enough.resolve();
  };
  const worker = startTimedWorker({ url, concurrency, taskMs, onStart });
  await enough.promise;
  const counted = [...starts];
  await worker.stop();
  const total = weights.reduce((sum, weight) => sum + weight);
  const off = counted.map((count, at) =>
    Math.abs((count / weighedStarts) * (total / (weights[at] ?? Number.NaN)) - 1),
  );
  return { off: Math.max(...off) };
}

/** 1: all have the same; 1/n: one of n has everything. */
function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}
