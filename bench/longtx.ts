/**
 * What one long transaction costs the queue: nothing that is claimed and finished behind it can be cleaned up. Rates
 * with it open for a minute beside those before, at 50 tasks a second and at full speed.
 */
import { insertTask } from "../src/adapters/postgres/tasks.ts";
import { newTask } from "../test/support/seed.ts";
import { type Backlog, queueAgain, seededId } from "./support/backlog.ts";
import { measureRate, type OpenQueue } from "./support/lanes.ts";
import { whileTransactionIsOpen } from "./support/long-transaction.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { quantile } from "./support/quantile.ts";
import { report, short } from "./support/report.ts";
import { interleave, typical } from "./support/rounds.ts";
import { startTimedWorker } from "./support/timed-worker.ts";
import { reviewd, withQueue } from "./support/with-queue.ts";

const rounds = short ? 1 : 5;
const longMs = short ? 6_000 : 60_000;
/** Rates are measured over two of them, before and after. */
const windowMs = short ? 1_000 : 5_000;
const lanes = 10;
const fullSpeed = { lanes, holdMs: 0, tasks: Number.POSITIVE_INFINITY, withinMs: windowMs };
const warmUp = { ...fullSpeed, tasks: 200, withinMs: 60_000 };
const owners = 1_000;
/** More than is done at full speed in all windows. */
const plenty = { shape: "uniform", pending: short ? 40_000 : 300_000, owners } as const;
/** Done at full speed before and after the arrivals, but for some that are left. */
const burst = { shape: "uniform", pending: 3_250, owners } as const;
const fullBurst = { ...warmUp, tasks: 3_000 };
const arrivalMs = 20;
const taskMs = 20;

interface Measured {
  readonly ratio: number;
  /** Of the rate at full speed after arrivals; NaN elsewhere. */
  readonly burstRatio: number;
  readonly figures: string;
}

const server = await startBenchServer();
const measured = await interleave(rounds, {
  arrivals: () => withTasks(burst, measureArrivals),
  fullSpeed: () => withTasks(plenty, measureFullSpeed),
});
const moreOwners = await withTasks({ ...plenty, owners: 10 * owners }, measureFullSpeed);
const oneOwner = await withTasks({ ...plenty, owners: 1, maxRunning: lanes }, measureFullSpeed);
await server.stop();

for (const [name, ofRounds] of measured)
  for (const { figures } of ofRounds) console.log(`${name}: ${figures}`);
console.log(`${10 * owners} owners: ${moreOwners.figures}`);
console.log(`one owner: ${oneOwner.figures}`);
const ratios = {
  "arrivals.rate": typical(measured, "arrivals", ({ ratio }) => ratio),
  "arrivals.burst": typical(measured, "arrivals", ({ burstRatio }) => burstRatio),
  "fullSpeed.rate": typical(measured, "fullSpeed", ({ ratio }) => ratio),
  "fullSpeed.moreOwners": moreOwners.ratio,
  "fullSpeed.oneOwner": oneOwner.ratio,
};
const goals = {
  "arrivals.rate": { min: 0.95 },
  "arrivals.burst": { min: 0.95 },
  "fullSpeed.rate": { min: 0.6 },
};
report({ bench: "longtx", ratios, goals, rounds, versions: { postgres: server.version } });

async function withTasks<T>(backlog: Backlog, use: (queue: OpenQueue) => Promise<T>): Promise<T> {
  return await withQueue(server, { kind: reviewd, backlog, lanes }, use);
}

async function measureFullSpeed(queue: OpenQueue): Promise<Measured> {
  const rates = async (forMs: number) => {
    const each: number[] = [];
    const until = performance.now() + forMs;
    while (performance.now() < until) each.push(await measureRate(queue, fullSpeed));
    return each;
  };
  await measureRate(queue, warmUp);
  const before = await rates(2 * windowMs);
  const { during, after } = await whileTransactionIsOpen(queue.url, async () => ({
    during: await rates(longMs),
    after: await rates(2 * windowMs),
  }));
  const figures = [before, during, after].map((each) => each.map(Math.round).join(" ")).join(" | ");
  return { ratio: mean(after) / mean(before), burstRatio: Number.NaN, figures: `${figures} tasks/s` };
}

/** As a dispatcher works through tasks that come one by one, and then at full speed, with what they have left behind. */
async function measureArrivals(queue: OpenQueue): Promise<Measured> {
  await measureRate(queue, warmUp);
  const burstBefore = await measureRate(queue, fullBurst);
  const arrivals = startArrivals(queue.url);
  const before = await arrivals.arrive(2 * windowMs);
  const { after, burstAfter } = await whileTransactionIsOpen(queue.url, async () => {
    await arrivals.arrive(longMs);
    const after = await arrivals.arrive(2 * windowMs);
    await arrivals.stop();
    await queueAgain(queue.url);
    await measureRate(queue, warmUp);
    return { after, burstAfter: await measureRate(queue, fullBurst) };
  });
  const figures = [before, after].map(
    ({ rate, p95 }) => `${rate.toFixed(1)} tasks/s, p95 ${p95.toFixed(1)} ms`,
  );
  const bursts = [burstBefore, burstAfter].map(Math.round).join(" | ");
  return {
    ratio: after.rate / before.rate,
    burstRatio: burstAfter / burstBefore,
    figures: `${figures.join(" | ")}; at full speed ${bursts} tasks/s`,
  };
}

/** One task after the other, and a worker with room for all of them. */
function startArrivals(url: string) {
  const enqueuedAt = new Map<string, number>();
  let waits: number[] = [];
  const onStart = ({ pullRequestId }: { readonly pullRequestId: string }) => {
    const at = enqueuedAt.get(pullRequestId);
    if (at !== undefined) waits.push(performance.now() - at);
  };
  const worker = startTimedWorker({ url, concurrency: lanes, taskMs, onStart });
  let n = 0;
  /** Tasks started a second, and how long they waited. */
  const arrive = async (forMs: number) => {
    waits = [];
    const startedAt = performance.now();
    for (let at = startedAt; at < startedAt + forMs; at += arrivalMs) {
      await Bun.sleep(Math.max(0, at - performance.now()));
      const seeded = seededTask(n++ % burst.pending);
      enqueuedAt.set(seeded.pullRequestId, performance.now());
      await insertTask(worker.db, newTask(seeded));
    }
    return { rate: (waits.length * 1_000) / (performance.now() - startedAt), p95: quantile(waits, 0.95) };
  };
  return { arrive, stop: worker.stop };
}

/** The owner, repository and pull request of a seeded task; see seedBacklog. */
function seededTask(n: number) {
  const owner = seededId((n % owners) + 1);
  return { ownerId: owner, repositoryId: owner, pullRequestId: seededId(n + 1) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
