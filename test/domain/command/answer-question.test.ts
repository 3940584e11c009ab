import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import type { NewCommand } from "../../../src/adapters/postgres/commands.ts";
import { commands, modelCalls, owners, reviewComments } from "../../../src/adapters/postgres/schema.ts";
import { madeUp } from "../../../src/adapters/reviewer/rules/secret-rule.ts";
import { clientOf, models } from "../../adapters/reviewer/model/ask-server.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { startModelServer } from "../../support/model-server/model-server.ts";
import { fail, refuse, say } from "../../support/model-server/reply.ts";
import { startCommandWorld } from "./command-world.ts";

const world = await startCommandWorld();
const { db } = world.database;
const { open, claimed, claimNext, settleIt: settle, rowOf, replyOf } = world;
const model = await startModelServer();
const client = clientOf(model, { models: [models.chat] });
afterAll(async () => {
  await model.close();
  await world.close();
});
beforeEach(() => world.clear());

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

  test("with a secret in it goes to the model without", async () => {
    const token = madeUp("ghp", "_", "kT9vQ2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oVi");
    const { command } = await asked({ text: `Is ${token} out?` });
    model.follow(() => say("It is."));
    expect(await settle(command, client)).toMatchObject({ status: "done", reason: "answered" });
    expect(model.questions.at(-1)?.prompt).toContain("Is [secret removed] out?");
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
    expect(await settle(await claimNext(), client)).toMatchObject({ status: "done", reason: "answered" });
    expect(await replyOf(second)).toMatchObject({ payload: { body: expect.stringContaining("Because.") } });
    expect(await settle(await claimed(opened, next), client)).toEqual({ status: "delayed" });
    await using _later = await advanceClock(db, 11_000);
    model.follow(() => say("Still."));
    expect(await settle(await claimNext(), client)).toMatchObject({ status: "done", reason: "answered" });
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
