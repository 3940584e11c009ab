import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import {
  attempts,
  commands,
  findings,
  publications,
  pullRequests,
  reviewComments,
  reviewFeedback,
  syncRuns,
  tasks,
  webhookDeliveries,
} from "../../../src/adapters/postgres/schema.ts";
import { type PrunedTable, pruneOld } from "../../../src/domain/retention/prune-old.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
/** With the rights the syncer has, and no more. */
const syncer = connect(`${database.url}?role=reviewd_syncer`, "reviewd test syncer", 2);
const ownerId = await seedOwner(db);
const day = 86_400_000;
const [head, base, olderHead] = ["a".repeat(40), "main", "1".repeat(40)];

afterEach(async () => {
  for (const table of [tasks, webhookDeliveries, syncRuns]) await db.delete(table);
});
afterAll(async () => {
  await syncer.close();
  await database.close();
});

const retention = { deliveryRetentionDays: 30, taskRetentionDays: 180, recordRetentionDays: 60 };
const nothing = { webhook_deliveries: 0, sync_runs: 0, commands: 0, task_records: 0, tasks: 0, contents: 0 };

async function prune() {
  const { signal } = new AbortController();
  const counts = { ...nothing };
  const onPruned = (table: PrunedTable, rows: number) => {
    counts[table] += rows;
  };
  await pruneOld(syncer, { ...retention, onPruned, signal });
  return counts;
}

type TaskValues = Partial<typeof tasks.$inferInsert>;

/** Ended now, by the application's clock. */
async function seedTask(pullRequest: SeededPullRequest, values: TaskValues = {}): Promise<string> {
  const id = Bun.randomUUIDv7();
  await db.insert(tasks).values({
    ...{ id, ...pullRequest, trigger: "webhook", outputMode: "forge", headSha: head, baseRef: base },
    ...{ status: "completed", reason: "reviewed", maxAttempts: 3, finishedAt: new Date() },
    ...values,
  });
  return id;
}

const ended = {
  superseded: { status: "superseded", reason: "new_head" },
  failed: { status: "failed", reason: "internal_error" },
  cancelled: { status: "cancelled", reason: "requested" },
  skipped: { status: "skipped", reason: "draft" },
  completed: { status: "completed", reason: "reviewed" },
} as const satisfies Record<string, TaskValues>;

async function seedPublication(
  taskId: string,
  { pullRequestId }: SeededPullRequest,
  values: Pick<typeof publications.$inferInsert, "kind" | "state">,
): Promise<string> {
  const id = Bun.randomUUIDv7();
  const postedAt = values.state === "posted" ? new Date() : null;
  await db.insert(publications).values({ id, taskId, pullRequestId, payload: {}, postedAt, ...values });
  return id;
}

let lastCommentId = 0;

async function seedComment(
  of: { readonly taskId: string; readonly publicationId: string; readonly findingId?: string },
  { pullRequestId, repositoryId }: SeededPullRequest,
  nextPollAt: Date | null = null,
): Promise<string> {
  const id = Bun.randomUUIDv7();
  await db.insert(reviewComments).values({
    ...{ id, ...of, pullRequestId, repositoryId, forge: "github", host: "github.test", kind: "inline" },
    ...{
      externalId: ++lastCommentId,
      nodeId: "n",
      url: "https://github.test",
      postedAt: new Date(),
      nextPollAt,
    },
  });
  return id;
}

/** A review that was posted and reacted to, and the delivery that asked for it. */
async function seedReview(pullRequest: SeededPullRequest, values: TaskValues = {}): Promise<string> {
  const taskId = await seedTask(pullRequest, values);
  const { pullRequestId } = pullRequest;
  const findingId = Bun.randomUUIDv7();
  await db.insert(attempts).values({
    ...{ taskId, number: 1, fence: 1, workerId: Bun.randomUUIDv7(), outcome: "completed" },
    startedAt: new Date(),
  });
  await db.insert(findings).values({
    ...{ id: findingId, taskId, pullRequestId, ordinal: 0, reviewer: "rules", path: "a.ts", startLine: 1 },
    ...{ line: 1, severity: "high", category: "bug", title: "t", body: "b", fingerprint: "f" },
    ...{ reportedBy: ["rules"], anchor: "a", originId: findingId, disposition: "inline" },
  });
  for (const kind of ["summary", "check"] as const)
    await seedPublication(taskId, pullRequest, { kind, state: "posted" });
  const publicationId = await seedPublication(taskId, pullRequest, { kind: "review", state: "posted" });
  const commentId = await seedComment({ taskId, publicationId, findingId }, pullRequest);
  const reaction = { id: Bun.randomUUIDv7(), commentId, kind: "reaction", externalId: 1 } as const;
  await db.insert(reviewFeedback).values({ ...reaction, content: "+1", createdAt: new Date() });
  const delivery = { forge: "github", host: "github.test", deliveryId: taskId, event: "pull_request" };
  await db.insert(webhookDeliveries).values({ ...delivery, outcome: "queued", reason: "new_task", taskId });
  return taskId;
}

/** @param closedInDays from now; null: it stays open */
async function seedPull(closedInDays: number | null = null): Promise<SeededPullRequest> {
  const pullRequest = await seedPullRequest(db, ownerId);
  if (closedInDays !== null) {
    const closedAt = new Date(Date.now() + closedInDays * day);
    await db
      .update(pullRequests)
      .set({ state: "closed", closedAt })
      .where(eq(pullRequests.id, pullRequest.pullRequestId));
  }
  return pullRequest;
}

const idsOf = async () => (await db.select({ id: tasks.id }).from(tasks)).map(({ id }) => id).sort();

test("tasks of a pull request that was closed long ago go, with all they led to; nothing else does", async () => {
  const [closed, open] = [await seedPull(0), await seedPull()];
  const [gone, stays] = [await seedReview(closed), await seedReview(open)];
  await using _clock = await advanceClock(db, 29 * day);
  expect((await prune()).tasks).toBe(0);
  await using _later = await advanceClock(db, 152 * day);
  await db.update(webhookDeliveries).set({ receivedAt: sql`reviewd_now()` });
  expect(await prune()).toEqual({ ...nothing, tasks: 1 });

  for (const table of [attempts, findings, publications, reviewComments]) {
    const left = await db.select({ taskId: table.taskId }).from(table);
    expect(new Set(left.map(({ taskId }) => taskId))).toEqual(new Set([stays]));
  }
  expect(await db.select().from(reviewFeedback)).toHaveLength(1);
  const deliveries = await db.select().from(webhookDeliveries).orderBy(webhookDeliveries.deliveryId);
  expect(deliveries.map(({ deliveryId, taskId }) => [deliveryId, taskId])).toEqual(
    [
      [gone, null],
      [stays, stays],
    ].sort(),
  );
  expect(await prune()).toEqual(nothing);
});

describe("on an open pull request", () => {
  test.each(Object.entries(ended))("what became of its head stays: %s", async (_, values) => {
    const id = await seedTask(await seedPull(), values);
    await using _clock = await advanceClock(db, 4_000 * day);
    await prune();
    expect(await idsOf()).toEqual([id]);
  });

  test.each([
    ["head", { headSha: olderHead }],
    ["base", { baseRef: "next" }],
  ])("of an older %s only what was reviewed stays, lest it be reviewed again", async (_, of) => {
    const pullRequest = await seedPull();
    const { completed, ...others } = ended;
    const id = await seedTask(pullRequest, { ...completed, ...of });
    for (const values of Object.values(others)) await seedTask(pullRequest, { ...values, ...of });
    await using _clock = await advanceClock(db, 179 * day);
    expect((await prune()).tasks).toBe(0);
    await using _later = await advanceClock(db, 2 * day);
    expect((await prune()).tasks).toBe(4);
    expect(await idsOf()).toEqual([id]);
  });

  test.each(["review", "summary"] as const)("of an older head what was posted stays: %s", async (kind) => {
    const pullRequest = await seedPull();
    const id = await seedTask(pullRequest, { ...ended.failed, headSha: olderHead });
    await seedPublication(id, pullRequest, { kind, state: "posted" });
    await using _clock = await advanceClock(db, 4_000 * day);
    expect((await prune()).tasks).toBe(0);
  });

  test("of an older head a check that was closed, and what was given up, keeps no task", async () => {
    const pullRequest = await seedPull();
    const id = await seedTask(pullRequest, { ...ended.superseded, headSha: olderHead });
    await seedPublication(id, pullRequest, { kind: "check", state: "posted" });
    await seedPublication(id, pullRequest, { kind: "review", state: "abandoned" });
    await seedPublication(id, pullRequest, { kind: "summary", state: "failed" });
    await using _clock = await advanceClock(db, 181 * day);
    expect((await prune()).tasks).toBe(1);
  });
});

describe("on a closed pull request", () => {
  test("a task stays until the pull request is closed for as long, too", async () => {
    await seedTask(await seedPull(100));
    await using _clock = await advanceClock(db, 279 * day);
    expect((await prune()).tasks).toBe(0);
    await using _later = await advanceClock(db, 2 * day);
    expect((await prune()).tasks).toBe(1);
  });

  test.each(Object.entries(ended))("it goes however it ended: %s", async (_, values) => {
    await seedTask(await seedPull(0), values);
    await using _clock = await advanceClock(db, 181 * day);
    expect((await prune()).tasks).toBe(1);
  });

  test("what is not over stays", async () => {
    const pullRequest = await seedPull(0);
    const unfinished = { reason: null, finishedAt: null };
    await seedTask(pullRequest, { ...unfinished, status: "pending", placement: "held", headSha: "2" });
    await seedTask(pullRequest, {
      ...{ ...unfinished, status: "running", rank: 0, workerId: Bun.randomUUIDv7(), headSha: "3" },
    });
    await using _clock = await advanceClock(db, 4_000 * day);
    expect((await prune()).tasks).toBe(0);
  });

  test.each(["intended", "uncertain"] as const)("what is still to be written stays: %s", async (state) => {
    const pullRequest = await seedPull(0);
    const id = await seedTask(pullRequest, ended.cancelled);
    const publicationId = await seedPublication(id, pullRequest, { kind: "check", state });
    await using _clock = await advanceClock(db, 4_000 * day);
    expect((await prune()).tasks).toBe(0);
    await db.update(publications).set({ state: "failed" }).where(eq(publications.id, publicationId));
    expect((await prune()).tasks).toBe(1);
  });

  test("a comment that is still read stays; one nobody came to read for as long does not", async () => {
    const pullRequest = await seedPull(0);
    const taskId = await seedTask(pullRequest);
    const publicationId = await seedPublication(taskId, pullRequest, { kind: "review", state: "posted" });
    await seedComment({ taskId, publicationId }, pullRequest, new Date(Date.now() + 100 * day));
    await using _clock = await advanceClock(db, 279 * day);
    expect((await prune()).tasks).toBe(0);
    await using _later = await advanceClock(db, 2 * day);
    expect((await prune()).tasks).toBe(1);
  });
});

test("a pull request somebody is at is left for the next time, and nobody waits", async () => {
  const [busy, idle] = [await seedPull(0), await seedPull(0)];
  const id = await seedTask(busy);
  await seedTask(idle);
  await using _clock = await advanceClock(db, 181 * day);
  await db.transaction(async (tx) => {
    await tx.execute(sql`select from pull_requests where id = ${busy.pullRequestId} for no key update`);
    expect((await prune()).tasks).toBe(1);
  });
  expect(await idsOf()).toEqual([id]);
  expect((await prune()).tasks).toBe(1);
});

test("more than a batch goes in one pass, past what stays, and a pass that shall end leaves the rest", async () => {
  const [closed, open] = [await seedPull(0), await seedPull()];
  for (let i = 0; i < 450; i++) await seedTask(i % 3 === 0 ? open : closed, { headSha: `${i}` });
  await using _clock = await advanceClock(db, 181 * day);
  const controller = new AbortController();
  let batches = 0;
  const onPruned = (table: PrunedTable) => {
    if (table === "tasks" && ++batches === 1) controller.abort();
  };
  await pruneOld({ db }, { ...retention, onPruned, signal: controller.signal });
  const left = await idsOf();
  expect(left.length).toBeGreaterThan(150);
  expect(left.length).toBeLessThan(450);
  expect((await prune()).tasks).toBe(left.length - 150);
});

test("two passes at once delete everything once", async () => {
  const closed = await seedPull(0);
  for (let i = 0; i < 300; i++) await seedTask(closed, { headSha: `${i}` });
  await using _clock = await advanceClock(db, 181 * day);
  const counts = await Promise.all([prune(), prune()]);
  const last = await prune();
  expect(counts.reduce((sum, { tasks: deleted }) => sum + deleted, last.tasks)).toBe(300);
  expect(await idsOf()).toEqual([]);
});

test("old deliveries go, however many, and what came since stays", async () => {
  await db.execute(sql`
    insert into webhook_deliveries (forge, host, delivery_id, event, outcome, reason, received_at)
    select 'github', 'github.test', 'd' || i, 'push', 'ignored', 'event_not_used', reviewd_now() - (i - 0.5) * interval '1 hour'
    from generate_series(1, 2 * 1000 + 24 * 30 + 7) as i`);
  expect(await prune()).toEqual({ ...nothing, webhook_deliveries: 2_007 });
  expect(await db.$count(webhookDeliveries)).toBe(24 * 30);
});

test("old commands that are over go with their replies, and no other", async () => {
  const { pullRequestId } = await seedPull(0);
  const seedCommand = async (commentId: number, status: "done" | "pending") => {
    const id = Bun.randomUUIDv7();
    await db.insert(commands).values({
      ...{ id, pullRequestId, commentId, forge: "github", host: "github.test", commentKind: "conversation" },
      ...{ authorExternalId: 1, authorLogin: "eve", name: "help", headSha: head, status },
      finishedAt: status === "done" ? new Date() : null,
    });
    const reply = { id: Bun.randomUUIDv7(), commandId: id, pullRequestId, payload: {} };
    await db.insert(publications).values({ ...reply, kind: "reply", state: "abandoned" });
    return id;
  };
  await seedCommand(1, "done");
  const waiting = await seedCommand(2, "pending");
  expect((await prune()).commands).toBe(0);
  await using _clock = await advanceClock(db, 181 * day);
  expect((await prune()).commands).toBe(1);
  expect((await db.select().from(commands)).map(({ id }) => id)).toEqual([waiting]);
  const kept = await db.select().from(publications).where(eq(publications.kind, "reply"));
  expect(kept.map(({ commandId }) => commandId)).toEqual([waiting]);
});

test("old runs of the syncer go, but the last checkpoint of each kind", async () => {
  const run = (kind: "deliveries" | "pull_requests", hour: number, checkpoint: Date | null) => ({
    ...{ id: Bun.randomUUIDv7(), kind, startedAt: new Date(hour * 3_600_000), checkpoint },
  });
  const [kept, newest] = [
    run("deliveries", 2, new Date()),
    { ...run("deliveries", 0, null), startedAt: new Date() },
  ];
  const gone = [run("deliveries", 1, new Date()), run("deliveries", 3, null), run("pull_requests", 4, null)];
  await db.insert(syncRuns).values([...gone, kept, newest]);
  expect(await prune()).toMatchObject({ sync_runs: gone.length });
  const left = await db.select({ id: syncRuns.id }).from(syncRuns);
  expect(left.map(({ id }) => id).sort()).toEqual([kept.id, newest.id].sort());
});
