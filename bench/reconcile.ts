/** How fast reactions are written as they were read, beside a bare insert; and how fast they are told, over HTTP. */
import { createTestDatabase } from "../test/support/database.ts";
import { askForFeedback, bareQuestion } from "./support/feedback-clients.ts";
import { fillReviews } from "./support/feedback-database.ts";
import { startBenchServer } from "./support/postgres-server.ts";
import { quantile } from "./support/quantile.ts";
import { nextDay, type Recorded, recordBeside } from "./support/reconcile-passes.ts";
import { median, report, short } from "./support/report.ts";

const comments = short ? 10_000 : 100_000;
const asking = short ? { clients: 4, rounds: 1, secs: 1 } : { clients: 8, rounds: 3, secs: 5 };
/** One of so many comments has a reaction taken back and another given. */
const changedEvery = 10;

const server = await startBenchServer();
const ours = await createTestDatabase({ serverUrl: server.url });
const bare = await createTestDatabase({ serverUrl: server.url });
for (const { db } of [ours, bare]) await fillReviews(db, comments);

const residents: number[] = [];
const added = await pass("new", () => 0);
const same = await pass("nothing new", () => 0);
const changed = await pass("a tenth changed", (externalId) => (externalId % changedEvery === 0 ? 1 : 0));

const ratios: Record<string, number> = {
  "new.overBare": median(added.ratios),
  "nothingNew.overBare": median(same.ratios),
  "changed.overBare": median(changed.ratios),
  "nothingNew.rowsTouched": same.touched,
  // One row is closed and one is new.
  "changed.rowsTouched": changed.touched / ((2 * comments) / changedEvery),
  growth: growth(),
};
await bare.close();
await server.checkpoint();
const answers = await askForFeedback(ours.url, "owner-1", asking);
await ours.close();
await server.stop();

const bareP99Ms = quantile((answers.get(bareQuestion) ?? []).flat(), 0.99);
for (const [question, rounds] of answers) {
  const took = rounds.flat();
  const [p50Ms, p99Ms] = [quantile(took, 0.5), quantile(took, 0.99)];
  console.log(
    `${question.padEnd(40)}p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms of ${took.length}, ${asking.clients} clients`,
  );
  if (question !== bareQuestion) ratios[`${question}.p99OverBare`] = p99Ms / bareP99Ms;
}
report({
  bench: "reconcile",
  ratios,
  goals: {
    "new.overBare": { min: 0.4 },
    "nothingNew.rowsTouched": { max: 0 },
    "changed.rowsTouched": { max: 1 },
    growth: { max: 1.2 },
  },
  rounds: added.ratios.length,
  versions: { postgres: server.version },
});

async function pass(what: string, givenAnew: (externalId: number) => number): Promise<Recorded> {
  const recorded = await recordBeside(
    { ours: ours.db, bare: bare.db },
    { givenAnew, eachSlice: () => residents.push(process.memoryUsage.rss()) },
  );
  if (recorded.comments !== comments) throw new Error(`${recorded.comments} comments were due`);
  const perSec = (ms: number) => (comments / (ms / 1_000)).toFixed(0);
  console.log(
    `${what}: ${perSec(recorded.ms)} comments a second, bare insert ${perSec(recorded.bareMs)}; ${recorded.touched} rows written`,
  );
  await nextDay(ours.db);
  for (const { db } of [ours, bare]) await db.execute("vacuum analyze review_feedback, review_comments");
  return recorded;
}

/** This process's memory over the last fifth of the passes, over that of the second: in the first it warms up. */
function growth(): number {
  const fifth = Math.floor(residents.length / 5);
  const [second, last] = [median(residents.slice(fifth, 2 * fifth)), median(residents.slice(-fifth))];
  console.log(`memory: ${(second / 2 ** 20).toFixed(0)} MB, at the end ${(last / 2 ** 20).toFixed(0)} MB`);
  return last / second;
}
