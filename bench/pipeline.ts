/**
 * Reviews a minute of one dispatcher, from a full queue to what is posted, with a model that answers at once and with the
 * rules alone; how much of the time is reviewd's own; and whether its memory stays as it is. GitHub, git and the model
 * are in another process.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../src/adapters/postgres/connect.ts";
import { builtBinary } from "../test/support/built-binary.ts";
import { createTestDatabase } from "../test/support/database.ts";
import { startReviewd } from "../test/support/run-reviewd.ts";
import { startPipelineWorld } from "./support/pipeline-world.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { readProcessTimes, readResidentBytes } from "./support/process-times.ts";
import { median, report, short } from "./support/report.ts";
import { interleave, ratioOf, typical } from "./support/rounds.ts";

const rounds = short ? 1 : 7;
const reviewsPerRound = 20;
/** So many reviews in one process, by which its memory is judged. */
const manyReviews = 500;
const reviewMs = 10_000;
const sampleMs = 200;

interface Drained {
  readonly perMinute: number;
  /** Processor time of the dispatcher itself over the time it took; and of git and the parsers it started. */
  readonly ownShare: number;
  readonly childrenShare: number;
  readonly ownMsPerReview: number;
  /** Of memory, over the last fifth of the reviews and over the second fifth. */
  readonly growth: number;
  readonly unfinished: number;
  readonly misreviewed: number;
  readonly misasked: number;
}

const binary = await builtBinary();
const server = await startBenchServer();
const world = await startPipelineWorld();
const drains = await interleave(rounds, {
  rules: () => drain("rules", reviewsPerRound),
  model: () => drain("model", reviewsPerRound),
});
const many = short ? null : await drain("model", manyReviews);
await world.stop();
await server.stop();

for (const name of drains.keys()) {
  const of = (pick: (one: Drained) => number) => typical(drains, name, pick);
  const percent = (pick: (one: Drained) => number) => `${(of(pick) * 100).toFixed(0)} %`;
  const own = `${of(({ ownMsPerReview }) => ownMsPerReview).toFixed(0)} ms of its own each`;
  const shares = `reviewd ${percent(({ ownShare }) => ownShare)}, git and parsers ${percent(({ childrenShare }) => childrenShare)}`;
  console.log(
    `${name.padEnd(8)}${of(({ perMinute }) => perMinute).toFixed(0)} reviews a minute; of one processor ${shares}; ${own}`,
  );
}
const all = [...[...drains.values()].flat(), ...(many ? [many] : [])];
const total = (pick: (one: Drained) => number) => all.reduce((sum, one) => sum + pick(one), 0);
report({
  bench: "pipeline",
  ratios: {
    perMinute: typical(drains, "model", ({ perMinute }) => perMinute),
    overRules: ratioOf(drains, ["model", "rules"], ({ perMinute }) => perMinute),
    ownShare: typical(drains, "model", ({ ownShare }) => ownShare),
    childrenShare: typical(drains, "model", ({ childrenShare }) => childrenShare),
    ownOverRules: ratioOf(drains, ["model", "rules"], ({ ownMsPerReview }) => ownMsPerReview),
    ...(many ? { growth: many.growth } : {}),
    unfinished: total(({ unfinished }) => unfinished),
    misreviewed: total(({ misreviewed }) => misreviewed),
    misasked: total(({ misasked }) => misasked),
  },
  goals: {
    // A review with the model posts nine comments where one by the rules posts one.
    overRules: { min: 0.5 },
    ...(many ? { growth: { max: 1.1 } } : {}),
    ...{ unfinished: { max: 0 }, misreviewed: { max: 0 }, misasked: { max: 0 } },
  },
  rounds,
  versions: { postgres: server.version },
});

async function drain(reviewer: "rules" | "model", count: number): Promise<Drained> {
  const hasModel = reviewer === "model";
  const database = await createTestDatabase({ serverUrl: server.url });
  const everyone = { DATABASE_URL: database.url, METRICS_PORT: "0", LOG_LEVEL: "warn", ...world.everyone };
  await queue(count, hasModel, everyone);
  const env = { ...everyone, ...world.app, LOG_LEVEL: "info", ...(hasModel ? world.model : {}) };
  await using dispatcher = startReviewd(["dispatcher"], { binary, env });
  await dispatcher.log("dispatcher ready");
  const measured = await watch(database.db, dispatcher.pid, count);
  await dispatcher.stop();
  const { misreviewed, misasked } = await world.judge();
  await database.close();
  return { ...measured, misreviewed, misasked };
}

/** Opens the pull requests, and has their webhooks taken. */
async function queue(
  count: number,
  hasModel: boolean,
  everyone: Readonly<Record<string, string>>,
): Promise<void> {
  const env = { ...everyone, LOG_LEVEL: "info", PORT: "0", GITHUB_WEBHOOK_SECRETS: world.webhookSecret };
  await using serve = startReviewd(["serve"], { binary, env });
  const { port } = await serve.log("serve ready");
  await world.open({ count, hasModel, url: `http://127.0.0.1:${port}/webhooks/github` });
  await serve.stop();
}

async function watch(db: Db, pid: number, count: number) {
  const resident: { readonly over: number; readonly bytes: number }[] = [];
  const startedAt = performance.now();
  const deadline = startedAt + count * reviewMs;
  let over = 0;
  while (over < count && performance.now() < deadline) {
    await Bun.sleep(sampleMs);
    over = await countOver(db);
    resident.push({ over, bytes: readResidentBytes(pid) });
  }
  const wallMs = performance.now() - startedAt;
  const { ownMs, childrenMs } = readProcessTimes(pid);
  const within = (from: number, to: number) =>
    median(
      resident.filter((one) => one.over >= from * count && one.over <= to * count).map(({ bytes }) => bytes),
    );
  return {
    perMinute: (over / wallMs) * 60_000,
    ownShare: ownMs / wallMs,
    childrenShare: childrenMs / wallMs,
    ownMsPerReview: ownMs / count,
    growth: within(0.8, 1) / within(0.2, 0.4),
    unfinished: count - (await countCompleted(db)),
  };
}

async function countOver(db: Db): Promise<number> {
  return await countTasks(db, sql`status not in ('pending', 'running')`);
}

async function countCompleted(db: Db): Promise<number> {
  return await countTasks(db, sql`status = 'completed'`);
}

async function countTasks(db: Db, which: SQL): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from tasks where ${which}`,
  );
  return row?.count ?? 0;
}
