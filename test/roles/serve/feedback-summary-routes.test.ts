import { afterAll, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { summaryKeys } from "../../../src/adapters/postgres/feedback-summary.ts";
import { insertFindings } from "../../../src/adapters/postgres/findings.ts";
import {
  modelCalls,
  owners,
  publications,
  repositories,
  reviewComments,
  reviewFeedback,
  tasks,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { eventually } from "../../support/eventually.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

let lastExternalId = 1;

interface Said {
  readonly ruleId?: string | null;
  readonly reviewer?: "rules" | "model";
  readonly severity?: "critical" | "high" | "medium" | "low";
  readonly postedAt?: string;
  readonly feedback?: readonly Partial<typeof reviewFeedback.$inferInsert>[];
}

/** A review of one inline comment for each that was said, for which these models were asked. */
async function seedReview(
  pullRequest: SeededPullRequest,
  said: readonly Said[],
  asked: readonly string[] = [],
): Promise<void> {
  const { pullRequestId, repositoryId } = pullRequest;
  const { id: taskId } = await db.transaction((tx) => insertTask(tx, newTask(pullRequest)));
  await db
    .update(tasks)
    .set({ promptHash: "p1", config: { values: { model: null } } })
    .where(eq(tasks.id, taskId));
  for (const model of asked) {
    await db.insert(modelCalls).values({
      ...{ id: Bun.randomUUIDv7(), ownerId: pullRequest.ownerId, taskId, purpose: "review", model },
      ...{ promptHash: "p1", outcome: "answered", usageKnown: false, durationMs: 1 },
    });
  }
  const publicationId = Bun.randomUUIDv7();
  await db
    .insert(publications)
    .values({ id: publicationId, taskId, pullRequestId, kind: "review", state: "intended", payload: {} });
  for (const [ordinal, one] of said.entries()) {
    const { ruleId = "no-eval", reviewer = "rules", severity = "high" } = one;
    const findingId = Bun.randomUUIDv7();
    await db.transaction((tx) =>
      insertFindings(tx, [
        {
          ...{ id: findingId, taskId, pullRequestId, ordinal, reviewer, ruleId, severity },
          ...{ path: "a.ts", startLine: 1, line: 1, category: "security", title: "t", body: "b" },
          ...{
            fingerprint: "f",
            anchor: "a",
            reportedBy: [reviewer],
            originId: findingId,
            disposition: "inline",
          },
        },
      ]),
    );
    const commentId = Bun.randomUUIDv7();
    const postedAt = new Date(one.postedAt ?? "2026-11-10T12:00:00Z");
    await db.insert(reviewComments).values({
      ...{
        id: commentId,
        taskId,
        publicationId,
        findingId,
        pullRequestId,
        repositoryId,
        forge: "github",
        host: "github.test",
      },
      ...{ kind: "inline", externalId: ++lastExternalId, nodeId: "n", url: "https://github.test", postedAt },
    });
    for (const given of one.feedback ?? []) {
      await db.insert(reviewFeedback).values({
        ...{
          id: Bun.randomUUIDv7(),
          commentId,
          kind: "reaction",
          externalId: ++lastExternalId,
          content: "+1",
        },
        ...{ createdAt: postedAt, ...given },
      });
    }
  }
}

const up = { content: "+1", reactorPermission: "write" } as const;
const down = { content: "-1", reactorPermission: "write" } as const;
const inNovember = "since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z";

async function seedOwnerWithPull(isPrivate = true) {
  const ownerId = await seedOwner(db);
  const pullRequest = await seedPullRequest(db, ownerId);
  await db
    .update(repositories)
    .set({ private: isPrivate })
    .where(eq(repositories.id, pullRequest.repositoryId));
  return { pullRequest, token: await api.createToken(["review:read"], ownerId) };
}

async function nameOf({ ownerId }: SeededPullRequest): Promise<string | undefined> {
  return (await db.select().from(owners).where(eq(owners.id, ownerId)))[0]?.login;
}

async function summary(token: string, query: string) {
  const { status, body } = await api.get(`/feedback/summary?${inNovember}&${query}`, token);
  expect(status).toBe(200);
  return body.groups;
}

describe("the summary of feedback", () => {
  test("counts comments by what the votes on each come to", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    await seedReview(pullRequest, [
      { feedback: [up, up, down] },
      { feedback: [down, { kind: "reply", content: "No." }] },
      { feedback: [up, down] },
      { feedback: [{ ...up, removedAt: new Date() }, { content: "eyes" }] },
      { feedback: [{ kind: "thread", externalId: null, content: "resolved" }] },
    ]);
    expect(await summary(token, "group_by=severity")).toEqual([
      {
        ...{
          group: { severity: "high" },
          comments: 5,
          liked: 1,
          disliked: 1,
          replies: 1,
          resolved: 1,
          dismissed: 0,
        },
        votes: { up: 3, down: 3 },
        precision: { value: 0.5, low: expect.any(Number), high: expect.any(Number) },
      },
    ]);
  });

  test("tells apart what is asked for, the most comments first", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    const all: readonly Said[] = [
      { ruleId: "no-eval", feedback: [up] },
      { ruleId: "no-eval", severity: "low", postedAt: "2026-11-02T00:00:00Z" },
      { ruleId: null, reviewer: "model", feedback: [down], postedAt: "2026-11-02T00:00:00Z" },
    ];
    await seedReview(pullRequest, all, ["anthropic/withdrawn", "anthropic/some-model"]);
    const groups = async (by: string) =>
      (await summary(token, `group_by=${by}`)).map((one: { group: object; comments: number }) => [
        ...Object.values(one.group),
        one.comments,
      ]);
    expect(await groups("rule")).toEqual([
      ["no-eval", 2],
      ["", 1],
    ]);
    expect(await groups("reviewer,model,version")).toEqual([
      ["rules", "", "", 2],
      ["model", "anthropic/some-model", "p1", 1],
    ]);
    expect(await groups("week")).toEqual([
      ["2026-11-02", 2],
      ["2026-11-09", 1],
    ]);
  });

  test("names no model where no call of it is known any more", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    await seedReview(pullRequest, [{ reviewer: "model" }]);
    expect(await summary(token, "group_by=model")).toMatchObject([{ group: { model: "" }, comments: 1 }]);
  });

  test("counts a passer-by of a public repository a quarter, and everybody on a private one whole", async () => {
    const given = [{ content: "-1" }, { content: "-1", reactorPermission: "read" }, up] as const;
    const [open, closed] = [await seedOwnerWithPull(false), await seedOwnerWithPull(true)];
    await seedReview(open.pullRequest, [{ feedback: given }]);
    await seedReview(closed.pullRequest, [{ feedback: given }]);
    expect(await summary(open.token, "")).toMatchObject([{ votes: { up: 1, down: 0.5 }, liked: 1 }]);
    expect(await summary(closed.token, "")).toMatchObject([{ votes: { up: 1, down: 2 }, disliked: 1 }]);
  });

  test("counts each person once a comment, by what their reactions to it come to, and each unknown one apart", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    const by = (reactorExternalId: number | null, ...contents: readonly string[]) =>
      contents.map((content) => ({ content, reactorExternalId }));
    await seedReview(pullRequest, [
      {
        feedback: [
          ...by(41, "+1", "heart", "hooray", "rocket"),
          ...by(42, "-1"),
          ...by(43, "confused", "-1"),
        ],
      },
      { feedback: [...by(41, "+1"), ...by(42, "+1", "-1"), ...by(43, "eyes", "laugh")] },
      { feedback: [...by(null, "+1", "+1"), ...by(44, "-1")] },
    ]);
    expect(await summary(token, "")).toMatchObject([{ votes: { up: 4, down: 3 }, liked: 2, disliked: 1 }]);
  });

  test("holds what was posted in the time asked for, and what the caller may see", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    const other = await seedOwnerWithPull();
    await seedReview(pullRequest, [
      { postedAt: "2026-10-31T23:59:59Z" },
      { postedAt: "2026-12-01T00:00:00Z" },
    ]);
    await seedReview(pullRequest, [{ postedAt: "2026-11-01T00:00:00Z" }]);
    await seedReview(other.pullRequest, [{}]);
    expect(await summary(token, "")).toMatchObject([{ comments: 1 }]);
    expect(await summary(token, "repository=somebody/elses")).toEqual([]);
  });

  test("tells how precise each rule and each category was in each week, and how sure that is", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    const [sunday, monday] = ["2026-11-08T23:59:59Z", "2026-11-09T00:00:00Z"];
    await seedReview(pullRequest, [
      { postedAt: sunday, feedback: [up, up, up, down] },
      { postedAt: monday, feedback: [down] },
      { postedAt: monday, ruleId: null, reviewer: "model" },
    ]);
    const weekly = async (by: string) =>
      (await summary(token, `group_by=${by}`))
        .map(({ group, precision }: { group: object; precision: object }) => ({ ...group, ...precision }))
        .toSorted((a: { week: string }, b: { week: string }) => a.week.localeCompare(b.week));
    // Wilson's intervals of 3 in 4 and of 0 in 1.
    const ofFour = { value: 0.75, low: expect.closeTo(0.3006, 4), high: expect.closeTo(0.9544, 4) };
    const ofOne = { value: 0, low: 0, high: expect.closeTo(0.7935, 4) };
    expect(await weekly("week,rule")).toEqual([
      { week: "2026-11-02", rule: "no-eval", ...ofFour },
      { week: "2026-11-09", rule: "", value: null, low: 0, high: 1 },
      { week: "2026-11-09", rule: "no-eval", ...ofOne },
    ]);
    expect(await weekly("week,category")).toEqual([
      { week: "2026-11-02", category: "security", ...ofFour },
      { week: "2026-11-09", category: "security", ...ofOne },
    ]);
  });

  test("begins weeks on Monday in UTC, also over New Year", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    const times = ["2025-12-28T23:59:59Z", "2025-12-29T00:00:00Z", "2026-01-01T12:00:00Z"];
    times.push("2026-01-04T23:59:59Z", "2026-01-05T00:00:00Z", "2026-12-31T23:59:59Z");
    await seedReview(
      pullRequest,
      times.map((postedAt) => ({ postedAt })),
    );
    const { body } = await api.get(
      "/feedback/summary?group_by=week&since=2025-12-01T00:00:00Z&until=2027-01-31T00:00:00Z",
      token,
    );
    const weeks = body.groups.map((one: { group: { week: string }; comments: number }) => [
      one.group.week,
      one.comments,
    ]);
    expect(weeks).toEqual([
      ["2025-12-29", 3],
      ["2025-12-22", 1],
      ["2026-01-05", 1],
      ["2026-12-28", 1],
    ]);
  });

  test("is of the owners a token may see, by whatever they are told apart", async () => {
    const [mine, other] = [await seedOwnerWithPull(), await seedOwnerWithPull()];
    await seedReview(mine.pullRequest, [{}]);
    await seedReview(other.pullRequest, [{}, {}]);
    const [owner, otherOwner] = await Promise.all(
      [mine, other].map(({ pullRequest }) => nameOf(pullRequest)),
    );
    for (const key of summaryKeys) {
      expect(await summary(mine.token, `group_by=${key}`)).toMatchObject([{ comments: 1 }]);
    }
    expect(await summary(mine.token, `group_by=owner`)).toMatchObject([{ group: { owner } }]);
    expect(await summary(mine.token, `owner=${otherOwner}`)).toEqual([]);
    const all = await api.createToken(["review:read"]);
    const ofOther = { group: { owner: otherOwner }, comments: 2 };
    expect(await summary(all, `group_by=owner&owner=${otherOwner?.toUpperCase()}`)).toMatchObject([ofOther]);
    const owners = (await summary(all, "group_by=owner")).map((one: { group: object }) => one.group);
    expect(owners).toContainEqual({ owner });
    expect(owners).toContainEqual({ owner: otherOwner });
  });

  test("says where there are more groups than it tells", async () => {
    const { pullRequest, token } = await seedOwnerWithPull();
    await seedReview(pullRequest, [{ ruleId: "rule-0" }]);
    const another = async (count: number) => {
      await db.execute(sql`
        with one as (select f from findings f where f.pull_request_id = ${pullRequest.pullRequestId} limit 1), more as (
          insert into findings select (jsonb_populate_record(f, jsonb_build_object(
            'id', gen_random_uuid(), 'ordinal', n, 'rule_id', 'rule-' || n))).*
          from one, generate_series(1, ${count}::int) n returning id, ordinal
        )
        insert into review_comments select (jsonb_populate_record(c, jsonb_build_object(
          'id', gen_random_uuid(), 'finding_id', more.id, 'external_id', 1000000 + more.ordinal))).*
        from more, (select c from review_comments c where c.pull_request_id = ${pullRequest.pullRequestId} limit 1) one`);
      const { body } = await api.get(`/feedback/summary?${inNovember}&group_by=rule`, token);
      return [body.groups.length, body.truncated];
    };
    expect(await another(999)).toEqual([1_000, false]);
    await db.execute(sql`delete from findings where rule_id <> 'rule-0'`);
    await db.execute(sql`delete from review_comments where finding_id is null`);
    expect(await another(1_000)).toEqual([1_000, true]);
  });

  test.each([
    "group_by=colour",
    "group_by=",
    "group_by=rule,week,owner,severity",
    "since=yesterday",
    "since=2026-11-02T00:00:00Z&until=2026-11-02T00:00:00Z",
    "owner=%00",
  ])("refuses %s with what is wrong", async (query) => {
    const { token } = await seedOwnerWithPull();
    const { status, body } = await api.get(`/feedback/summary?${query}`, token);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
  });

  test("however many are asked for at once, what else is asked finds the database free", async () => {
    const token = await api.createToken();
    let asked: readonly Promise<unknown>[] = [];
    await db.transaction(async (tx) => {
      await tx.execute("lock table review_comments");
      asked = Array.from({ length: 40 }, () => summary(token, "group_by=repository"));
      await eventually(async () => {
        const [waiting] = await tx.execute<{ count: number }>(
          "select count(*)::int from pg_locks where relation = 'review_comments'::regclass and not granted",
        );
        expect(waiting?.count).toBe(4);
      });
      expect((await api.request("GET", "/readyz")).status).toBe(200);
    });
    await Promise.all(asked);
  });
});
