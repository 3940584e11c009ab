import { afterAll, beforeEach, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { type ClaimedCommand, releaseLostCommands } from "../../../src/adapters/postgres/commands.ts";
import { commands, pullRequests } from "../../../src/adapters/postgres/schema.ts";
import { deleteWorker } from "../../../src/adapters/postgres/workers.ts";
import { maxCommandAttempts } from "../../../src/domain/command/command-attempts.ts";
import { startCommandWorld } from "./command-world.ts";

const world = await startCommandWorld();
const { db } = world.database;
const { open, claimed, claimNext, settleIt: settle, rowOf, replyOf } = world;
afterAll(() => world.close());
beforeEach(() => world.clear());

const permission = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
/** What a command that shows the configuration needs beyond the permission. */
const base = "GET /repos/{owner}/{repo}/compare/{basehead}";
const away = { status: 502, times: 1_000 };
const exhausted = { status: "failed", reason: "attempts_exhausted" } as const;
const lost = { status: "failed", reason: "worker_lost" } as const;
const saying = (text: string) => ({ payload: { body: expect.stringContaining(text) } });

/** As often as it is tried, unless it has ended. */
async function settleUntilEnd(command: ClaimedCommand) {
  let claim = command;
  for (;;) {
    const outcome = await settle(claim);
    if (outcome.status !== "delayed") return outcome;
    await db.update(commands).set({ runAfter: sql`reviewd_now()` });
    claim = await claimNext();
  }
}

async function loseWorker({ workerId }: ClaimedCommand): Promise<void> {
  await deleteWorker(db, workerId);
  expect(await releaseLostCommands(db, null)).toBe(1);
}

test("whoever may is told once that it could not be done, and why", async () => {
  const command = await claimed(await open(), { name: "config" });
  world.hub.fail(base, away);
  expect(await settleUntilEnd(command)).toEqual(exhausted);
  world.hub.clearFaults();
  expect(await rowOf(command)).toMatchObject({ ...exhausted, attemptCount: maxCommandAttempts });
  expect((await rowOf(command))?.error).not.toBeNull();
  const text = "`/reviewd config` could not be done: a service that it needs could not be reached.";
  expect(await replyOf(command)).toMatchObject(saying(text));
});

test("whoever might is told so, too, when it cannot be found out any more", async () => {
  const command = await claimed(await open(), { name: "config" });
  world.hub.fail(base, away);
  expect(await settle(command)).toEqual({ status: "delayed" });
  world.hub.fail(permission, away);
  await db.update(commands).set({ runAfter: sql`reviewd_now()` });
  expect(await settleUntilEnd(await claimNext())).toEqual(exhausted);
  world.hub.clearFaults();
  expect(await replyOf(command)).toMatchObject(saying("could not be done"));
});

test("a command whose workers died is told of to whoever may, and of nobody else", async () => {
  const opened = await open();
  const known = await claimed(opened, { name: "config" });
  world.hub.fail(base, away);
  expect(await settle(known)).toEqual({ status: "delayed" });
  world.hub.clearFaults();
  await db.update(commands).set({ runAfter: sql`reviewd_now()` });
  for (let attempt = 2; attempt <= maxCommandAttempts; attempt++) await loseWorker(await claimNext());
  expect(await settle(await claimNext())).toEqual(lost);
  expect(await replyOf(known)).toMatchObject(saying("the process that did it ended each time"));

  const unknown = await claimed(opened, { name: "pause" });
  await loseWorker(unknown);
  for (let attempt = 2; attempt <= maxCommandAttempts; attempt++) await loseWorker(await claimNext());
  expect(await settle(await claimNext())).toEqual(lost);
  expect(await rowOf(unknown)).toMatchObject({ ...lost, permittedAt: null });
  expect(await replyOf(unknown)).toBeUndefined();
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).toBeNull();
});

test("a worker that lost the command neither ends it nor tells of it", async () => {
  const command = await claimed(await open(), { name: "config" });
  await db.update(commands).set({ fence: command.fence + 1, permittedAt: sql`reviewd_now()` });
  expect(await settle({ ...command, attemptCount: maxCommandAttempts + 1 })).toEqual({ status: "lost" });
  expect(await rowOf(command)).toMatchObject({ status: "running" });
  expect(await replyOf(command)).toBeUndefined();
});
