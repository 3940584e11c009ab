import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { register } from "prom-client";
import { insertFindings } from "../../../src/adapters/postgres/findings.ts";
import {
  publications,
  repositories,
  reviewComments,
  reviewFeedback,
  suppressions,
  tasks,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { readQuality } from "../../../src/roles/syncer/quality-metrics.ts";
import { createTestDatabase } from "../../support/database.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());
beforeEach(async () => void (await db.execute(sql`truncate owners cascade`)));

/** What /metrics shows of quality, by name and labels. */
async function samples(): Promise<Readonly<Record<string, number>>> {
  const lines = (await register.metrics()).split("\n");
  const shown = lines.filter((line) =>
    /^reviewd_(findings_by|reviews_commented|time_to|suppressions)/.test(line),
  );
  return Object.fromEntries(
    shown.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice("reviewd_".length, at), Number(line.slice(at))];
    }),
  );
}

async function read() {
  await readQuality(db, active);
  return await samples();
}

interface Said {
  readonly disposition?: "inline" | "summary" | "repeated" | "withheld";
  readonly category?: string;
  readonly reviewer?: "rules" | "model";
  readonly createdAt?: Date;
  /** Reactions, and `resolved` or `dismissed`. */
  readonly given?: readonly string[];
}

interface ReviewValues {
  readonly promptHash?: string;
  readonly private?: boolean;
  /** From the task to its comments. */
  readonly tookSecs?: number;
}

const active = new AbortController().signal;
let lastExternalId = 0;

/** A review in a repository of its own; answers that one's name. */
async function seedReview(said: readonly Said[], values: ReviewValues = {}): Promise<string> {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const { pullRequestId, repositoryId } = pullRequest;
  const [repository] = await db
    .update(repositories)
    .set({ private: values.private ?? true })
    .where(eq(repositories.id, repositoryId))
    .returning();
  const { id: taskId } = await db.transaction((tx) => insertTask(tx, newTask(pullRequest)));
  const now = new Date();
  const createdAt = new Date(now.getTime() - (values.tookSecs ?? 60) * 1_000);
  await db
    .update(tasks)
    .set({ promptHash: values.promptHash ?? null, createdAt })
    .where(eq(tasks.id, taskId));
  const publicationId = Bun.randomUUIDv7();
  const review = { id: publicationId, taskId, pullRequestId, kind: "review", payload: {} } as const;
  await db.insert(publications).values({ ...review, state: "intended" });
  for (const [ordinal, one] of said.entries())
    await seedFinding({ taskId, pullRequestId, repositoryId, publicationId }, ordinal, {
      createdAt: now,
      ...one,
    });
  return repository?.fullName ?? "";
}

type Place = Readonly<Record<"taskId" | "pullRequestId" | "repositoryId" | "publicationId", string>>;

async function seedFinding(
  place: Place,
  ordinal: number,
  one: Said & { readonly createdAt: Date },
): Promise<void> {
  const { disposition = "inline", category = "security", reviewer = "rules", createdAt } = one;
  const { publicationId, repositoryId, ...of } = place;
  const id = Bun.randomUUIDv7();
  await db.transaction((tx) =>
    insertFindings(tx, [
      {
        ...{ id, ...of, ordinal, reviewer, ruleId: null, severity: "high", category, disposition },
        ...{ path: "a.ts", startLine: 1, line: 1, title: "t", body: "b", fingerprint: "f", anchor: "a" },
        ...{ reportedBy: [reviewer], originId: id, createdAt },
        withheldReason: disposition === "withheld" ? "below_threshold" : null,
      },
    ]),
  );
  if (disposition !== "inline") return;
  const commentId = Bun.randomUUIDv7();
  await db.insert(reviewComments).values({
    ...{ id: commentId, ...of, publicationId, repositoryId, findingId: id, forge: "github", host: "h" },
    ...{ kind: "inline", externalId: ++lastExternalId, nodeId: "n", url: "https://x", postedAt: createdAt },
  });
  for (const content of one.given ?? []) {
    const kind = ({ resolved: "thread", dismissed: "dismissal" } as const)[content] ?? "reaction";
    await db.insert(reviewFeedback).values({
      ...{ id: Bun.randomUUIDv7(), commentId, kind, content, createdAt },
      externalId: kind === "reaction" ? ++lastExternalId : null,
    });
  }
}

test("what was never read is not shown", async () => {
  expect(await samples()).toEqual({});
});

test("findings are counted by what became of them, by repository, category, reviewer and version", async () => {
  const shop = await seedReview(
    [
      { given: ["+1", "heart", "resolved"] },
      { given: ["-1", "confused", "dismissed"], reviewer: "model", category: "bug" },
      { given: ["+1", "-1"] },
      { disposition: "summary" },
      { disposition: "withheld" },
      { disposition: "repeated", reviewer: "model", category: "bug" },
    ],
    { promptHash: "p1" },
  );
  const shown = await read();
  const of = (labels: string) =>
    Object.fromEntries(
      ["posted", "repeated", "liked", "disliked", "resolved", "dismissed"].map((outcome) => [
        outcome,
        shown[`findings_by_${labels},outcome="${outcome}"}`],
      ]),
    );
  expect(of(`repository{repository="${shop}"`)).toEqual({
    ...{ posted: 4, repeated: 1, liked: 1, disliked: 1, resolved: 1, dismissed: 1 },
  });
  expect(of('category{category="bug"')).toEqual({
    ...{ posted: 1, repeated: 1, liked: 0, disliked: 1, resolved: 0, dismissed: 1 },
  });
  expect(of('reviewer{reviewer="rules"')).toMatchObject({ posted: 3, repeated: 0, liked: 1, disliked: 0 });
  expect(of('version{version="p1"')).toMatchObject({ posted: 1, repeated: 1, disliked: 1 });
});

test("a vote of somebody who came by a public repository does not outweigh one with write access", async () => {
  const name = await seedReview([{ given: ["-1", "-1", "-1", "+1"] }], { private: false });
  const permission = { reactorPermission: "write" } as const;
  await db.update(reviewFeedback).set(permission).where(eq(reviewFeedback.content, "+1"));
  expect(await read()).toMatchObject({
    [`findings_by_repository{repository="${name}",outcome="liked"}`]: 1,
    [`findings_by_repository{repository="${name}",outcome="disliked"}`]: 0,
  });
});

test("what was taken back, and what is older than a week, does not count", async () => {
  const name = await seedReview([
    { given: ["+1"] },
    { createdAt: new Date(Date.now() - 8 * 86_400_000), given: ["+1"] },
  ]);
  await db.update(reviewFeedback).set({ removedAt: new Date() });
  expect(await read()).toMatchObject({
    [`findings_by_repository{repository="${name}",outcome="posted"}`]: 1,
    [`findings_by_repository{repository="${name}",outcome="liked"}`]: 0,
  });
});

describe("however many there are", () => {
  test("only the most frequent repositories, categories and versions have a name", async () => {
    for (let i = 0; i < 23; i++) {
      const finding = { reviewer: "model", category: `category ${i}` } as const;
      await seedReview(i === 22 ? [finding, finding] : [finding], { promptHash: `p${i}` });
    }
    const shown = await read();
    const posted = Object.entries(shown).filter(([name]) => name.endsWith('outcome="posted"}'));
    const countOf = (dimension: string) =>
      posted.filter(([name]) => name.startsWith(`findings_by_${dimension}{`)).length;
    expect(["repository", "category", "reviewer", "version"].map(countOf)).toEqual([21, 11, 1, 6]);
    const timed = Object.keys(shown).filter((name) => name.endsWith('quantile="0.99"}'));
    const timedOf = (dimension: string) =>
      timed.filter((name) => name.startsWith(`time_to_first_comment_by_${dimension}_`)).length;
    expect(["repository", "category", "reviewer", "version"].map(timedOf)).toEqual([21, 11, 1, 6]);
    expect(shown).toMatchObject({
      'findings_by_repository{repository="other",outcome="posted"}': 3,
      'findings_by_category{category="other",outcome="posted"}': 13,
      'findings_by_category{category="category 22",outcome="posted"}': 2,
      'findings_by_version{version="other",outcome="posted"}': 18,
      'findings_by_reviewer{reviewer="model",outcome="posted"}': 24,
    });
  });
});

test("the time to the first comment is told in quantiles, once there is one", async () => {
  const without = await read();
  expect(without).toMatchObject({ reviews_commented_last_day: 0 });
  expect(Object.keys(without).filter((name) => name.startsWith("time_to"))).toEqual([]);
  for (const tookSecs of [10, 20, 30]) await seedReview([{}, {}], { tookSecs });
  await seedReview([{ createdAt: new Date(Date.now() - 25 * 3_600_000) }]);
  const shown = await read();
  expect(shown.reviews_commented_last_day).toBe(3);
  expect(shown['time_to_first_comment_seconds{quantile="0.5"}']).toBe(20);
  expect(shown['time_to_first_comment_seconds{quantile="0.99"}']).toBeCloseTo(29.8);
});

test("it is told by repository, category, reviewer and version, too, each review once", async () => {
  const both = [{}, {}, { reviewer: "model", category: "bug" }] as const;
  const shop = await seedReview(both, { tookSecs: 10, promptHash: "p1" });
  const cafe = await seedReview([{}], { tookSecs: 40, promptHash: "p1" });
  const shown = await read();
  const median = (labels: string) => {
    const [dimension] = labels.split("=");
    return shown[`time_to_first_comment_by_${dimension}_seconds{${labels},quantile="0.5"}`];
  };
  expect(median(`repository="${shop}"`)).toBe(10);
  expect(median(`repository="${cafe}"`)).toBe(40);
  expect(median('category="security"')).toBe(25);
  expect(median('category="bug"')).toBe(10);
  expect(median('reviewer="rules"')).toBe(25);
  expect(median('version="p1"')).toBe(10);
  const names = Object.keys(shown).filter((name) => name.startsWith("time_to_first_comment_by_version"));
  expect(names).toHaveLength(3);
});

test("suppressions are counted by state, also those whose time is up since a moment ago", async () => {
  const none = { proposed: 0, approved: 0, refused: 0, expired: 0 };
  const counted = async () => {
    const shown = await read();
    const states = Object.keys(none).map(
      (state) => [state, shown[`suppressions{state="${state}"}`]] as const,
    );
    return Object.fromEntries(states);
  };
  expect(await counted()).toEqual(none);
  const ownerId = await seedOwner(db);
  const hour = 3_600_000;
  const suppress = async (state: "proposed" | "approved" | "refused", inMs: number) => {
    const decided = state === "proposed" ? {} : { decidedAt: new Date(), decidedBy: "ada" };
    await db.insert(suppressions).values({
      ...{ id: Bun.randomUUIDv7(), ownerId, kind: "rule", subject: `rule ${inMs} ${state}`, state },
      ...{ evidence: {}, expiresAt: new Date(Date.now() + inMs), ...decided },
    });
  };
  for (const inMs of [hour, 2 * hour]) await suppress("proposed", inMs);
  for (const inMs of [-hour, hour]) await suppress("approved", inMs);
  await suppress("refused", hour);
  expect(await counted()).toEqual({ proposed: 2, approved: 1, refused: 1, expired: 1 });
});
