import { afterAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { insertFindings } from "../../../src/adapters/postgres/findings.ts";
import {
  owners,
  publications,
  repositories,
  reviewComments,
  reviewFeedback,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

async function seedTask(pullRequest: SeededPullRequest, values: Parameters<typeof newTask>[1] = {}) {
  return (await db.transaction((tx) => insertTask(tx, newTask(pullRequest, values)))).id;
}

async function seedOwnerWithTasks(count: number) {
  const ownerId = await seedOwner(db);
  const pullRequest = await seedPullRequest(db, ownerId);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await seedTask(pullRequest));
  return {
    ownerId,
    pullRequest,
    ids,
    token: await api.createToken(["review:read", "review:write"], ownerId),
  };
}

describe("who may call", () => {
  test.each([
    ["no token", {}],
    ["another scheme", { authorization: "Basic cnZkXw==" }],
    ["a token nobody was given", { authorization: `Bearer rvd_${"0".repeat(56)}` }],
    ["no token at all after the scheme", { authorization: "Bearer" }],
  ])("not with %s", async (_, headers) => {
    const { status, headers: answered, body } = await api.request("GET", "/tasks", { headers });
    expect(status).toBe(401);
    expect(body.code).toBe("unauthenticated");
    expect(answered.get("www-authenticate")).toBe("Bearer");
  });

  test("not without the scope; each stands for itself", async () => {
    const { status, body } = await api.get("/tasks", await api.createToken(["admin", "review:write"]));
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: "forbidden", detail: "the token lacks the scope review:read" });
  });

  test("a token bound to an owner sees that owner's tasks and no others", async () => {
    const [mine, other] = [await seedOwnerWithTasks(1), await seedOwnerWithTasks(1)];
    expect((await api.get("/tasks", mine.token)).body.tasks).toMatchObject([{ id: mine.ids[0] }]);
    for (const path of ["", "/findings", "/feedback"]) {
      const { status, body } = await api.get(`/tasks/${other.ids[0]}${path}`, mine.token);
      expect([status, body.code]).toEqual([404, "not_found"]);
    }
    const cancel = await api.get(`/tasks/${other.ids[0]}/cancel`, mine.token, "POST");
    expect(cancel.status).toBe(404);
    const everybody = await api.createToken(["review:read"]);
    expect((await api.get(`/tasks/${other.ids[0]}`, everybody)).body.status).toBe("pending");
  });
});

describe("the list of tasks", () => {
  test("is newest first, in pages that together hold each task once", async () => {
    const { ids, token } = await seedOwnerWithTasks(5);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { tasks: { id: string }[]; next_cursor: string | null } = (
        await api.get(`/tasks?limit=2${cursor && `&cursor=${cursor}`}`, token)
      ).body;
      seen.push(...page.tasks.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids.toReversed());
  });

  test("is filtered by owner, repository, pull request, status, trigger and time", async () => {
    const { ownerId, pullRequest, ids } = await seedOwnerWithTasks(1);
    const webhookId = await seedTask(pullRequest, { trigger: "webhook" });
    const elsewhere = await seedTask(await seedPullRequest(db, ownerId));
    const [owner] = await db.select().from(owners).where(eq(owners.id, ownerId));
    const [repository] = await db
      .select()
      .from(repositories)
      .where(eq(repositories.id, pullRequest.repositoryId));
    const token = await api.createToken(["review:read"]);
    const list = async (query: string) =>
      (await api.get(`/tasks?${query}`, token)).body.tasks.map(({ id }: { id: string }) => id);

    const mine = `owner=${owner?.login.toUpperCase()}`;
    expect(await list(mine)).toEqual([elsewhere, webhookId, ...ids]);
    const here = `repository=${encodeURIComponent(repository?.fullName ?? "")}`;
    expect(await list(here)).toEqual([webhookId, ...ids]);
    expect(await list(`${here}&trigger=webhook`)).toEqual([webhookId]);
    expect(await list(`${here}&pull_request=1`)).toEqual([webhookId, ...ids]);
    expect(await list(`${here}&pull_request=2`)).toEqual([]);
    expect(await list(`${here}&status=running`)).toEqual([]);
    expect(await list(`${mine}&since=2020-01-01T00:00:00Z`)).toHaveLength(3);
    expect(await list(`${mine}&since=2999-01-01T00:00:00%2B01:00`)).toEqual([]);
    expect(await list("owner=nobody")).toEqual([]);
  });

  test.each([
    "limit=0",
    "limit=101",
    "limit=many",
    "status=done",
    "trigger=cron",
    "pull_request=-1",
    "pull_request=9999999999",
    "since=yesterday",
    "since=0000-01-01T00:00:00Z",
    "since=9999-12-31T23:59:59-12:00",
    "cursor=1",
    "owner=%00",
    "repository=a%00b",
    `owner=${"x".repeat(201)}`,
  ])("refuses %s and says why", async (query) => {
    const { status, body } = await api.get(`/tasks?${query}`, await api.createToken());
    expect(status).toBe(400);
    expect(body.code).toBe("invalid_input");
    expect(body.detail).toContain(query.split("=")[0]);
  });
});

describe("one task", () => {
  test("says where it stands", async () => {
    const { ids, token } = await seedOwnerWithTasks(2);
    const { body } = await api.get(`/tasks/${ids[0]}`, token);
    expect(body).toMatchObject({
      ...{ id: ids[0], status: "pending", placement: "ready", trigger: "manual", reason: null },
      ...{ attempt_count: 0, max_attempts: 3, base_ref: "main", finished_at: null },
      pull_request: { number: 1, title: "Add cart" },
    });
    expect((await api.get(`/tasks/${ids[1]}`, token)).body.placement).toBe("held");
  });

  test.each([
    "1",
    "%00",
    "..%2f..",
    "00000000-0000-7000-8000-000000000000",
    "x".repeat(2_000),
    "%F0%9F%A6%80",
  ])("that does not exist is not found: %s", async (id) => {
    const { status, body } = await api.get(`/tasks/${id}`, await api.createToken());
    expect([status, body.code]).toEqual([404, "not_found"]);
  });

  test("is cancelled, twice with the same answer, and then another takes its turn", async () => {
    const { ids, token } = await seedOwnerWithTasks(2);
    for (let i = 0; i < 2; i++) {
      const { status, body } = await api.get(`/tasks/${ids[0]}/cancel`, token, "POST");
      expect(status).toBe(200);
      expect(body).toMatchObject({ id: ids[0], status: "cancelled", reason: "requested" });
    }
    expect((await api.get(`/tasks/${ids[1]}`, token)).body.placement).toBe("ready");
  });
});

describe("what was found and what people made of it", () => {
  let lastExternalId = 10;

  async function seedReview() {
    const { ids, pullRequest, token } = await seedOwnerWithTasks(1);
    const taskId = ids[0] ?? "";
    const { pullRequestId, repositoryId } = pullRequest;
    const findingId = Bun.randomUUIDv7();
    await db.transaction((tx) =>
      insertFindings(tx, [
        {
          ...{ id: findingId, taskId, pullRequestId, ordinal: 0, reviewer: "rules", ruleId: "no-eval" },
          ...{ path: "src/a.ts", startLine: 2, line: 3, severity: "high", category: "security" },
          ...{ title: "eval", body: "Do not.", fingerprint: "f", anchor: "a" },
          ...{ reportedBy: ["rules"], originId: findingId, disposition: "inline" },
        },
      ]),
    );
    const publicationId = Bun.randomUUIDv7();
    await db
      .insert(publications)
      .values({ id: publicationId, taskId, pullRequestId, kind: "review", state: "intended", payload: {} });
    const comment = (kind: "inline" | "summary", externalId = ++lastExternalId) => ({
      ...{
        id: Bun.randomUUIDv7(),
        taskId,
        publicationId,
        pullRequestId,
        repositoryId,
        forge: "github",
        host: "github.test",
      },
      ...{ kind, externalId, nodeId: "n", url: `https://github.test/${externalId}`, postedAt: new Date() },
    });
    const place = { findingId, path: "src/a.ts", line: 3 };
    const [inline, summary] = await db
      .insert(reviewComments)
      .values([{ ...comment("inline"), ...place }, comment("summary")])
      .returning();
    if (!inline || !summary) throw new Error("two comments were inserted");
    return { taskId, token, inline, summary };
  }

  test("findings are listed as they are shown", async () => {
    const { taskId, token } = await seedReview();
    const { body } = await api.get(`/tasks/${taskId}/findings`, token);
    expect(body).toMatchObject({
      task_id: taskId,
      findings: [
        {
          ...{ rule_id: "no-eval", path: "src/a.ts", start_line: 2, line: 3, disposition: "inline" },
          ...{ reported_by: ["rules"], withheld_reason: null },
        },
      ],
    });
  });

  test("feedback comes with its comment's place, severity and link, and what was taken back is not in it", async () => {
    const { taskId, token, inline } = await seedReview();
    const given = (
      values: Partial<typeof reviewFeedback.$inferInsert> & { externalId: number; content: string },
    ) => ({
      ...{ id: Bun.randomUUIDv7(), commentId: inline.id, kind: "reaction" as const },
      ...{ createdAt: new Date(values.externalId), ...values },
    });
    await db.insert(reviewFeedback).values([
      given({ externalId: 1, content: "+1", reactorExternalId: 41, reactorLogin: "user-41" }),
      given({ externalId: 2, content: "+1" }),
      given({ externalId: 3, content: "-1", reactorExternalId: 42, removedAt: new Date() }),
      given({
        externalId: 4,
        content: "Will fix",
        kind: "reply",
        reactorExternalId: 43,
        reactorLogin: "user-43",
      }),
    ]);
    const { body } = await api.get(`/tasks/${taskId}/feedback`, token);
    expect(body.totals).toEqual({
      ...{ comments: 2, feedback: 3, reactions: { "+1": 2 }, replies: 1, threads: 0, dismissals: 0 },
    });
    expect(body.comments).toMatchObject([
      {
        ...{ kind: "inline", path: "src/a.ts", line: 3, severity: "high", link: inline.url },
        feedback: [
          { kind: "reaction", content: "+1", user: { id: 41, login: "user-41" } },
          { kind: "reaction", content: "+1", user: null },
          { kind: "reply", content: "Will fix", user: { id: 43, login: "user-43" } },
        ],
      },
      { kind: "summary", path: null, line: null, severity: null, feedback: [] },
    ]);
  });

  test("feedback is told in one order, whoever gave it, also on a comment that is gone", async () => {
    const { taskId, token, inline, summary } = await seedReview();
    const goneAt = new Date("2026-11-20T10:00:00Z");
    await db.update(reviewComments).set({ goneAt }).where(eq(reviewComments.id, summary.id));
    const createdAt = new Date("2026-11-20T09:00:00Z");
    const [big, bigger] = [2 ** 52, 2 ** 53 - 1];
    type Given = Partial<typeof reviewFeedback.$inferInsert> & {
      kind: "reaction" | "reply" | "thread" | "dismissal";
    };
    const give = async ({ content = "heart", ...given }: Given) => {
      const row = { id: Bun.randomUUIDv7(), commentId: inline.id, content, createdAt, ...given };
      await db.insert(reviewFeedback).values(row);
    };
    await give({ kind: "reaction", externalId: big, reactorExternalId: bigger, reactorLogin: "ada" });
    await give({ kind: "reaction", externalId: bigger, reactorExternalId: 7, reactorLogin: null });
    await give({ kind: "reply", externalId: big, content: "" });
    await give({ kind: "thread", content: "resolved", reactorExternalId: 7, reactorLogin: "bob" });
    await give({ kind: "dismissal", content: "dismissed", createdAt: new Date("2026-11-20T08:00:00Z") });
    await give({ kind: "reply", externalId: 9, content: "Once more", commentId: summary.id });
    const answers = await Promise.all([1, 2, 3].map(() => api.get(`/tasks/${taskId}/feedback`, token)));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    const { totals, comments } = answers[0]?.body ?? {};
    expect(totals).toEqual({
      ...{ comments: 2, feedback: 6, reactions: { heart: 2 }, replies: 2, threads: 1, dismissals: 1 },
    });
    const at = createdAt.toISOString();
    expect(comments[0].feedback).toEqual([
      { kind: "dismissal", content: "dismissed", user: null, created_at: "2026-11-20T08:00:00.000Z" },
      { kind: "reaction", content: "heart", user: { id: bigger, login: "ada" }, created_at: at },
      { kind: "reaction", content: "heart", user: { id: 7, login: null }, created_at: at },
      { kind: "reply", content: "", user: null, created_at: at },
      { kind: "thread", content: "resolved", user: { id: 7, login: "bob" }, created_at: at },
    ]);
    expect(comments[1]).toMatchObject({
      gone_at: goneAt.toISOString(),
      feedback: [{ content: "Once more" }],
    });
    const stranger = await api.createToken(["review:read"], await seedOwner(db));
    expect(await api.get(`/tasks/${taskId}/feedback`, stranger)).toMatchObject({ status: 404 });
  });

  test("a task that posted nothing has empty lists", async () => {
    const { ids, token } = await seedOwnerWithTasks(1);
    expect((await api.get(`/tasks/${ids[0]}/findings`, token)).body.findings).toEqual([]);
    const { body } = await api.get(`/tasks/${ids[0]}/feedback`, token);
    expect(body).toMatchObject({ comments: [], totals: { comments: 0, feedback: 0, reactions: {} } });
  });
});
