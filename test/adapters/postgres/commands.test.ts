import { afterAll, beforeEach, expect, test } from "bun:test";
import { asc, eq, sql } from "drizzle-orm";
import {
  type CommandName,
  claimCommands,
  delayCommand,
  endCommand,
  findEarlierCommands,
  handBackCommand,
  hasDueCommands,
  insertCommand,
  lockCommand,
  permitCommand,
  releaseLostCommands,
} from "../../../src/adapters/postgres/commands.ts";
import { commands } from "../../../src/adapters/postgres/schema.ts";
import { deleteWorker, insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());
beforeEach(async () => {
  await db.delete(commands);
});

let lastComment = 0;

async function newPullRequest(): Promise<string> {
  return (await seedPullRequest(db, await seedOwner(db))).pullRequestId;
}

async function say(
  pullRequestId: string,
  name: CommandName,
  threadId: number | null = null,
): Promise<string> {
  const command = {
    ...{ pullRequestId, name, threadId, forge: "github", host: "github.test", headSha: "c", text: null },
    ...{ commentId: ++lastComment, authorExternalId: 99, authorLogin: "eve" },
    commentKind: threadId === null ? ("conversation" as const) : ("thread" as const),
  };
  const id = await db.transaction((tx) => insertCommand(tx, command));
  expect(await db.transaction((tx) => insertCommand(tx, command))).toBeNull();
  return id ?? "";
}

const worker = () => insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
const claim = async (workerId: string, limit = 10) => await claimCommands(db, { workerId, limit });
const namesOf = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name);
const rows = () => db.select().from(commands).orderBy(asc(commands.id));
const release = (own: Parameters<typeof releaseLostCommands>[1] = null) => releaseLostCommands(db, own);

test("commands of one pull request come one after the other, questions let others pass", async () => {
  const [here, there] = [await newPullRequest(), await newPullRequest()];
  await say(here, "ask", 5);
  await say(here, "pause");
  await say(here, "resume");
  await say(there, "help");
  const workerId = await worker();
  const first = await claim(workerId);
  expect(namesOf(first)).toEqual(["ask", "pause", "help"]);
  expect(await claim(workerId)).toEqual([]);
  const pause = first.find(({ name }) => name === "pause");
  if (pause) expect(await endCommand(db, pause, { status: "done", reason: "paused" })).toBe(true);
  expect(namesOf(await claim(workerId))).toEqual(["resume"]);
});

test("many workers at once claim each command once", async () => {
  for (let i = 0; i < 12; i++) await say(await newPullRequest(), "help");
  const workers = await Promise.all(Array.from({ length: 6 }, worker));
  const claimed = (await Promise.all(workers.map((workerId) => claim(workerId, 5)))).flat();
  expect(claimed.length).toBeGreaterThan(0);
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
  const again = (await Promise.all(workers.map((workerId) => claim(workerId, 12)))).flat();
  expect(claimed.length + again.length).toBe(12);
});

test("what a dead worker ran is claimed again, and what it does late is for nothing", async () => {
  await say(await newPullRequest(), "help");
  const dead = await worker();
  const [late] = await claim(dead);
  if (!late) throw new Error("nothing was claimed");
  expect(await release()).toBe(0);
  await deleteWorker(db, dead);
  expect(await release()).toBe(1);
  const [again] = await claim(await worker());
  expect(again).toMatchObject({ id: late.id, attemptCount: 2, fence: late.fence + 1 });
  expect(await db.transaction((tx) => lockCommand(tx, late))).toBeNull();
  expect(await permitCommand(db, late)).toBe(false);
  expect(await endCommand(db, late, { status: "done", reason: "shown" })).toBe(false);
  await delayCommand(db, late, { delayMs: 1, error: "late" });
  await handBackCommand(db, late);
  expect(await rows()).toMatchObject([{ status: "running", workerId: again?.workerId, error: null }]);
});

test("what a living worker does not know to be running is lost, the rest is not", async () => {
  await say(await newPullRequest(), "help");
  await say(await newPullRequest(), "config");
  const workerId = await worker();
  const [first] = await claim(workerId);
  expect(await release({ workerId, running: [first?.id ?? ""] })).toBe(1);
  expect(await rows()).toMatchObject([{ status: "running" }, { status: "pending" }]);
});

test("what is put off comes when it is due, what is handed back at once and without an attempt", async () => {
  await say(await newPullRequest(), "help");
  const [first] = await claim(await worker());
  if (first) await delayCommand(db, first, { delayMs: 60_000, error: "away" });
  expect(await hasDueCommands(db)).toBe(false);
  await using _moved = await advanceClock(db, 61_000);
  const [second] = await claim(await worker());
  expect(second).toMatchObject({ attemptCount: 2, error: "away" });
  if (second) await handBackCommand(db, second);
  expect(await rows()).toMatchObject([{ status: "pending", attemptCount: 1 }]);
  const [third] = await claim(await worker());
  if (third) await delayCommand(db, third, { delayMs: 0, error: null });
  expect(await rows()).toMatchObject([{ status: "pending", attemptCount: 1, error: "away" }]);
  expect(await hasDueCommands(db)).toBe(true);
});

test("commands before one are those of its name on its pull request, questions those of its thread", async () => {
  const [here, there] = [await newPullRequest(), await newPullRequest()];
  for (const id of [await say(here, "review"), await say(there, "review"), await say(here, "pause")])
    await db
      .update(commands)
      .set({ createdAt: sql`created_at - interval '1 minute'` })
      .where(eq(commands.id, id));
  await say(here, "ask", 1);
  await say(here, "ask", 2);
  await say(here, "review");
  await say(here, "ask", 1);
  const all = await rows();
  const before = (index: number) => {
    const row = all[index];
    if (!row) throw new Error(`there is no row ${index}`);
    return db.transaction((tx) => findEarlierCommands(tx, row));
  };
  const [review, ...others] = await before(5);
  expect(others).toEqual([]);
  expect(review).toMatchObject({ status: "pending", task: null });
  expect(review?.agoMs).toBeGreaterThanOrEqual(60_000);
  expect(review?.ageMs).toBeGreaterThanOrEqual(review?.agoMs ?? 0);
  expect(await before(6)).toHaveLength(1);
  expect(await before(0)).toEqual([]);
  const [first] = await claim(await worker());
  if (first) await endCommand(db, first, { status: "refused", reason: "no_permission" });
  expect(await before(5)).toEqual([]);
});
