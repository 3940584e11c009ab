/** What one installation may write in a minute and an hour, whoever writes it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { type ContentRequest, reserveContent } from "../../../src/adapters/postgres/content-budget.ts";
import { insertPublication } from "../../../src/adapters/postgres/publications.ts";
import { owners, publications, tasks } from "../../../src/adapters/postgres/schema.ts";
import { closedCheck } from "../../../src/domain/review/closed-check.ts";
import { publishOutbox } from "../../../src/domain/review/publish-outbox.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { expectOneOfEach } from "./one-of-each.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n// FIND low: second\n" };
const createRoute = "POST /repos/{owner}/{repo}/check-runs";

function request({ repository }: Opened, values: Partial<ContentRequest> = {}): ContentRequest {
  const [owner = ""] = repository.fullName.split("/");
  const { id: externalId } = world.hub.installation(owner);
  return {
    installation: { forge: "github", host: world.ctx.forge.host, externalId },
    writes: 1,
    limits: { perMinute: 20, perHour: 50 },
    onTheWayMs: 10_000,
    ...values,
  };
}

const reserve = (what: ContentRequest) => world.database.db.transaction((tx) => reserveContent(tx, what));

/** How many of so many, all at once, find room; and what the others are told to wait. */
async function reserveAtOnce(what: ContentRequest, times: number) {
  const delays = await Promise.all(Array.from({ length: times }, () => reserve(what)));
  return { room: delays.filter((ms) => ms === 0).length, waits: delays.filter((ms) => ms > 0) };
}

test("so many at once as there is room for, whoever asks first", async () => {
  const opened = await world.openPullRequest(files);
  const { db } = world.database;
  const first = await reserveAtOnce(request(opened), 60);
  expect(first.room).toBe(20);
  for (const ms of first.waits) {
    expect(ms).toBeGreaterThan(30_000);
    expect(ms).toBeLessThanOrEqual(70_000);
  }
  await using _minute = await advanceClock(db, 71_000);
  expect((await reserveAtOnce(request(opened), 30)).room).toBe(20);
  await using _second = await advanceClock(db, 71_000);
  const last = await reserveAtOnce(request(opened), 30);
  expect(last.room).toBe(10);
  // The hour is spent, not the minute.
  for (const ms of last.waits) expect(ms).toBeGreaterThan(3_000_000);
  await using _hour = await advanceClock(db, 3_700_000);
  expect((await reserveAtOnce(request(opened), 30)).room).toBe(20);
});

test("several writes at once need room for all of them, and take none otherwise", async () => {
  const opened = await world.openPullRequest(files);
  expect(await reserve(request(opened, { writes: 18 }))).toBe(0);
  expect(await reserve(request(opened, { writes: 3 }))).toBeGreaterThan(0);
  expect(await reserve(request(opened, { writes: 2 }))).toBe(0);
});

test("a review waits for room as a pending task that holds no seat, and is posted whole in the end", async () => {
  const opened = await world.openPullRequest(files);
  const taskId = await world.queue(opened);
  // Room for the check and the review, and not for the summary.
  const spent = request(opened, { writes: 73, limits: { perMinute: 80, perHour: 500 } });
  expect(await reserve(spent)).toBe(0);
  const first = await world.claim(taskId);
  const outcome = await world.run(first);
  expect(outcome).toMatchObject({ kind: "retry", reason: "content_budget" });
  await world.settle(first, outcome);
  expect(opened.pull.issueComments()).toEqual([]);
  const waiting = await world.task(taskId);
  expect(waiting).toMatchObject({ status: "pending", placement: "delayed", reason: "content_budget" });
  expect(waiting.attemptCount).toBe(0);
  const [owner] = await world.database.db.select().from(owners).where(eq(owners.id, opened.ids.ownerId));
  expect(owner?.seatsInUse).toBe(0);

  await using _ = await advanceClock(world.database.db, 90_000);
  await world.sweep();
  const second = await world.claim(taskId);
  expect(await world.run(second)).toEqual({ kind: "completed", reason: "reviewed" });
  await expectOneOfEach(world, opened);
  expect(opened.pull.reviews()).toHaveLength(1);
});

test("two dispatchers never exceed what the forge allows, and everything is posted in the end", async () => {
  const count = 180;
  const opened = await world.openPullRequest(files);
  await insertChecks(opened, count);
  world.hub.ledger.clear();
  const { db, url } = world.database;
  const other = connect(url, "reviewd test dispatcher", 4);
  const signal = new AbortController().signal;
  let minutes = 0;
  for (; (await openChecks(opened)) > 0 && minutes < 10; minutes++) {
    // Each pass of one may find rows the other is writing; both go on until neither finds anything due.
    for (let idle = 0; idle < 2; ) {
      const done = await Promise.all([
        publishOutbox(world.ctx, signal),
        publishOutbox({ ...world.ctx, db: other.db }, signal),
      ]);
      idle = done.every((number) => number === 0) ? idle + 1 : 0;
    }
    await shiftBoth(90_000);
  }
  await other.close();
  expect(await openChecks(opened)).toBe(0);
  const created = world.hub.ledger.calls.filter(({ route }) => route === createRoute);
  // fakehub refuses what is over GitHub's limits.
  expect(created.map(({ status }) => status)).toEqual(Array(count).fill(201));
  expect(minutes).toBeGreaterThan(2);
  await shiftBoth(-90_000 * minutes);

  async function shiftBoth(ms: number): Promise<void> {
    world.hub.clock.advance(ms);
    await advanceClock(db, ms);
  }
});

/** Checks that the outbox has to write, each of a task that failed. */
async function insertChecks({ ids, pull }: Opened, count: number): Promise<void> {
  const { db } = world.database;
  const { headSha } = pull;
  for (let i = 0; i < count; i++) {
    const taskId = Bun.randomUUIDv7();
    await db.insert(tasks).values({
      id: taskId,
      ...ids,
      trigger: "manual",
      outputMode: "forge",
      headSha,
      baseRef: "main",
      status: "failed",
      reason: "internal_error",
      maxAttempts: 3,
      finishedAt: sql`reviewd_now()`,
    });
    const check = closedCheck("failed", "internal_error", false);
    const payload = { headSha, externalId: `reviewd:${i}`, check };
    const { pullRequestId } = ids;
    await db.transaction((tx) =>
      insertPublication(tx, { id: Bun.randomUUIDv7(), taskId, pullRequestId, kind: "check", payload }),
    );
  }
}

async function openChecks({ ids }: Opened): Promise<number> {
  const rows = await world.database.db
    .select({ state: publications.state })
    .from(publications)
    .where(eq(publications.pullRequestId, ids.pullRequestId));
  return rows.filter(({ state }) => state !== "posted").length;
}
