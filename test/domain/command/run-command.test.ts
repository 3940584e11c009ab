import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { and, eq, sql } from "drizzle-orm";
import {
  type ClaimedCommand,
  claimCommands,
  insertCommand,
  type NewCommand,
} from "../../../src/adapters/postgres/commands.ts";
import {
  commands,
  modelCalls,
  owners,
  publications,
  pullRequests,
  repositories,
  reviewComments,
} from "../../../src/adapters/postgres/schema.ts";
import { insertWorker } from "../../../src/adapters/postgres/workers.ts";
import type { ModelClient } from "../../../src/adapters/reviewer/model/model-client.ts";
import { runCommand } from "../../../src/domain/command/run-command.ts";
import { settleCommand } from "../../../src/domain/command/settle-command.ts";
import { clientOf, models } from "../../adapters/reviewer/model/ask-server.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { startModelServer } from "../../support/model-server/model-server.ts";
import { fail, refuse, say } from "../../support/model-server/reply.ts";
import { type Opened, startReviewWorld } from "../review/review-world.ts";

const world = await startReviewWorld();
const { db } = world.database;
const model = await startModelServer();
afterAll(async () => {
  await model.close();
  await world.close();
});
beforeEach(async () => {
  await db.delete(publications).where(eq(publications.kind, "reply"));
  await db.delete(commands);
});

const files = { "src/a.ts": "const a = 1; // FIND high: a constant\nconst b = 2;\n" };
const client = clientOf(model, { models: [models.chat] });
let lastComment = 0;

async function open(): Promise<Opened> {
  const opened = await world.openPullRequest(files);
  opened.repository.setRole("alice", "write");
  return opened;
}

/** Noted and claimed by a worker of its own. */
async function claimed({ ids, pull }: Opened, values: Partial<NewCommand> = {}): Promise<ClaimedCommand> {
  const { kind: forge, host } = world.ctx.forge;
  const command: NewCommand = {
    ...{ pullRequestId: ids.pullRequestId, forge, host, headSha: pull.headSha, text: null, threadId: null },
    ...{ commentKind: "conversation", commentId: 1_000_000 + ++lastComment, name: "help" },
    ...{ authorExternalId: world.hub.user("alice").id, authorLogin: "alice" },
    ...values,
  };
  await db.transaction((tx) => insertCommand(tx, command));
  return await claim();
}

async function claim(): Promise<ClaimedCommand> {
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
  const [row] = await claimCommands(db, { workerId, limit: 1 });
  if (!row) throw new Error("nothing was claimed");
  return row;
}

const context = (asks: ModelClient | null = null) => ({ ...world.ctx, model: asks, taskMaxAttempts: 3 });
const settle = (command: ClaimedCommand, asks: ModelClient | null = null, signal?: AbortSignal) =>
  settleCommand(context(asks), command, signal ?? new AbortController().signal);
const rowOf = async ({ id }: ClaimedCommand) =>
  (await db.select().from(commands).where(eq(commands.id, id)))[0];
const replyOf = async ({ id }: ClaimedCommand) =>
  (
    await db
      .select()
      .from(publications)
      .where(and(eq(publications.commandId, id), eq(publications.kind, "reply")))
  )[0];

test("a review of a closed pull request is refused with a word", async () => {
  const opened = await open();
  await db.update(pullRequests).set({ state: "closed" }).where(eq(pullRequests.id, opened.ids.pullRequestId));
  const command = await claimed(opened, { name: "review" });
  expect(await settle(command)).toMatchObject({ status: "refused", reason: "closed" });
  expect(await replyOf(command)).toMatchObject({ payload: { body: expect.stringContaining("is closed") } });
});

test("a review that the owner's plan does not allow says so", async () => {
  const opened = await open();
  await db.update(owners).set({ plan: "blocked" }).where(eq(owners.id, opened.ids.ownerId));
  const command = await claimed(opened, { name: "review" });
  expect(await settle(command)).toMatchObject({ status: "done", reason: "review_skipped" });
  expect(await replyOf(command)).toMatchObject({ payload: { body: expect.stringContaining("plan") } });
});

test("what is dismissed is what is open, and where nothing is, that is said", async () => {
  const opened = await open();
  await world.review(opened);
  await opened.pull.push({ files: { "src/a.ts": "const b = 2;\n" } });
  await world.review(opened);
  const command = await claimed(opened, { name: "resolve" });
  expect(await settle(command)).toMatchObject({ status: "done", reason: "no_change" });
  expect(await replyOf(command)).toMatchObject({
    payload: { body: expect.stringContaining("There is no open finding") },
  });
  await opened.pull.push({ files });
  const comesBack = await world.findings(await world.review(opened));
  expect(comesBack.map(({ disposition }) => disposition)).toEqual(["inline"]);
});

test("where nothing is written to the forge, a reply is kept and not posted", async () => {
  const opened = await open();
  await db
    .update(repositories)
    .set({ reviewMode: "dry_run" })
    .where(eq(repositories.id, opened.ids.repositoryId));
  const command = await claimed(opened);
  expect(await settle(command)).toMatchObject({ status: "done" });
  expect(await replyOf(command)).toMatchObject({ state: "abandoned" });
});

test("where the App is not installed any more, nothing is asked", async () => {
  const opened = await open();
  await world.uninstall(opened);
  const command = await claimed(opened);
  expect(await settle(command)).toMatchObject({ status: "failed", reason: "not_installed" });
  expect(await replyOf(command)).toBeUndefined();
});

test("whoever may not gets no reply, also where one who may would be told something", async () => {
  const opened = await open();
  const first = await claimed(opened, { name: "review" });
  expect(await settle(first)).toMatchObject({ reason: "review_queued" });
  const stranger = { authorLogin: "mallory", authorExternalId: world.hub.user("mallory").id };
  const second = await claimed(opened, { name: "review", ...stranger });
  expect(await settle(second)).toEqual({ status: "refused", reason: "no_permission" });
  expect(await replyOf(second)).toBeUndefined();
});

test("whoever has the login of one who may, and is another account, may not", async () => {
  const opened = await open();
  const command = await claimed(opened, { name: "pause", authorExternalId: world.hub.user("mallory").id });
  expect(await settle(command)).toEqual({ status: "refused", reason: "no_permission" });
  expect(await replyOf(command)).toBeUndefined();
});

const permission = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";

test.each([
  ["breaks", { status: 502, times: 20 }],
  ["does not answer", { hang: true, times: 20 }],
  ["limits", { status: 429, times: 20, headers: { "retry-after": "60" } }],
])(
  "while the forge %s, nobody may, and it is asked again only so often",
  async (_, fault) => {
    const opened = await open();
    const command = await claimed(opened, { name: "pause" });
    world.hub.fail(permission, fault);
    expect(await settle(command)).toEqual({ status: "delayed" });
    expect(await rowOf(command)).toMatchObject({ status: "pending", attemptCount: 1 });
    await db.update(commands).set({ status: "running", workerId: command.workerId });
    const refused = { status: "refused", reason: "permission_unknown" } as const;
    expect(await settle({ ...command, attemptCount: 5 })).toEqual(refused);
    world.hub.clearFaults();
    const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
    expect(row?.pausedAt).toBeNull();
    expect(await replyOf(command)).toBeUndefined();
  },
  60_000,
);

test("a pause holds, however soon it is asked for again", async () => {
  const opened = await open();
  for (const name of ["pause", "resume", "pause"] as const)
    expect(await settle(await claimed(opened, { name }))).toMatchObject({ status: "done" });
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).not.toBeNull();
});

test("a head is reviewed again on request for another base, and where the model was not there", async () => {
  const opened = await open();
  const request = async () => {
    const command = await claimed(opened, { name: "review" });
    const outcome = await settle(command);
    await db.update(commands).set({ createdAt: sql`created_at - interval '1 minute'` });
    return { ...outcome, taskId: (await rowOf(command))?.taskId ?? "" };
  };
  const first = await request();
  expect(first).toMatchObject({ reason: "review_queued" });
  await world.settle(await world.claim(first.taskId), { kind: "completed", reason: "model_fallback" });
  const second = await request();
  expect(second).toMatchObject({ reason: "review_queued" });
  await world.settle(await world.claim(second.taskId), { kind: "completed", reason: "reviewed" });
  expect(await request()).toMatchObject({ status: "refused", reason: "already_done" });
  await db
    .update(pullRequests)
    .set({ baseRef: "release" })
    .where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(await request()).toMatchObject({ reason: "review_queued" });
});

test("a worker that lost the command changes nothing", async () => {
  const opened = await open();
  const command = await claimed(opened, { name: "pause" });
  await db.update(commands).set({ fence: command.fence + 1 });
  expect(await runCommand(context(), command, new AbortController().signal)).toBeNull();
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).toBeNull();
  expect(await replyOf(command)).toBeUndefined();
});

test("a process that ends hands its command back", async () => {
  const opened = await open();
  const command = await claimed(opened);
  expect(await settle(command, null, AbortSignal.abort("released"))).toEqual({ status: "released" });
  expect(await rowOf(command)).toMatchObject({ status: "pending", attemptCount: 0, workerId: null });
});

describe("a question", () => {
  async function asked(values: Partial<NewCommand> = {}) {
    const opened = await open();
    await world.review(opened);
    const [finding] = (await world.comments(opened)).filter(({ kind }) => kind === "inline");
    const threadId = finding?.externalId ?? 0;
    const thread = { name: "ask", text: "Why?", commentKind: "thread", threadId } as const;
    return { opened, command: await claimed(opened, { ...thread, ...values }) };
  }

  test.each([
    ["refuses", () => refuse(), "model_failed"],
    ["does not know the key", () => fail(401, "authentication_error", "no"), "model_failed"],
    ["says nothing", () => say(""), "model_failed"],
  ] as const)("that the model %s is answered honestly", async (_, reply, reason) => {
    const { command } = await asked();
    model.follow(reply);
    expect(await settle(command, client)).toMatchObject({ status: "failed", reason });
    expect(await replyOf(command)).toMatchObject({
      payload: { threadId: command.threadId, body: expect.stringContaining("gave no answer") },
    });
    expect(await db.select().from(modelCalls).where(eq(modelCalls.commandId, command.id))).not.toEqual([]);
  });

  test("comes again while the model is away, and is answered when it is back", async () => {
    const { command } = await asked();
    model.follow(() => fail(503, "overloaded", "later"));
    expect(await settle(command, client)).toEqual({ status: "delayed" });
    expect(await rowOf(command)).toMatchObject({ status: "pending", attemptCount: 1 });
    expect(await replyOf(command)).toBeUndefined();
    model.follow(() => fail(503, "overloaded", "later"));
    const last = { ...command, attemptCount: 5 };
    await db.update(commands).set({ status: "running", workerId: command.workerId });
    expect(await settle(last, client)).toMatchObject({ status: "failed", reason: "model_failed" });
  });

  test("waits for the one before it in its thread, and is answered though that one failed", async () => {
    const { opened, command: first } = await asked();
    const { threadId } = first;
    const next = { name: "ask", text: "And now?", commentKind: "thread", threadId } as const;
    const second = await claimed(opened, next);
    expect(await settle(second, client)).toEqual({ status: "delayed" });
    expect(await rowOf(second)).toMatchObject({ status: "pending", attemptCount: 0, error: null });
    model.follow(() => refuse());
    expect(await settle(first, client)).toMatchObject({ status: "failed", reason: "model_failed" });
    await using _soon = await advanceClock(db, 6_000);
    model.follow(() => say("Because."));
    expect(await settle(await claim(), client)).toMatchObject({ status: "done", reason: "answered" });
    expect(await replyOf(second)).toMatchObject({ payload: { body: expect.stringContaining("Because.") } });
    expect(await settle(await claimed(opened, next), client)).toEqual({ status: "delayed" });
    await using _later = await advanceClock(db, 11_000);
    model.follow(() => say("Still."));
    expect(await settle(await claim(), client)).toMatchObject({ status: "done", reason: "answered" });
  });

  test("beyond what a thread gets in a day is told so once", async () => {
    const { opened, command } = await asked();
    const { id: _id, workerId: _worker, ...row } = command;
    const ended = { status: "done", reason: "answered", finishedAt: new Date() } as const;
    const before = Array.from({ length: 20 }, (_, index) => ({
      ...{ ...row, ...ended, createdAt: sql`reviewd_now() - interval '1 hour'` },
      ...{ id: Bun.randomUUIDv7("hex", 1_000 + index), commentId: 900_000 + index },
    }));
    await db.insert(commands).values(before);
    expect(await settle(command, client)).toEqual({ status: "refused", reason: "question_limit" });
    expect(await replyOf(command)).toMatchObject({
      payload: { body: expect.stringContaining("ask again tomorrow") },
    });
    const thread = { name: "ask", commentKind: "thread", threadId: command.threadId } as const;
    const again = await claimed(opened, thread);
    expect(await settle(again, client)).toEqual({ status: "refused", reason: "question_limit" });
    expect(await replyOf(again)).toBeUndefined();
  });

  test("of an owner whose plan does not allow it costs nothing", async () => {
    const { opened, command } = await asked();
    await db.update(owners).set({ plan: "blocked" }).where(eq(owners.id, opened.ids.ownerId));
    const before = model.questions.length;
    expect(await settle(command, client)).toMatchObject({ status: "refused", reason: "plan_blocked" });
    expect(model.questions).toHaveLength(before);
  });

  test("outside of a thread of ours is told where to ask", async () => {
    const opened = await open();
    const command = await claimed(opened, { name: "ask", text: "Why?" });
    expect(await settle(command, client)).toMatchObject({ status: "done", reason: "not_in_thread" });
    const [known] = await db.select().from(reviewComments);
    const elsewhere = { commentKind: "thread", threadId: (known?.externalId ?? 0) + 999_999 } as const;
    const other = await claimed(await open(), { name: "ask", text: "Why?", ...elsewhere });
    expect(await settle(other, client)).toMatchObject({ status: "done", reason: "not_in_thread" });
  });
});
