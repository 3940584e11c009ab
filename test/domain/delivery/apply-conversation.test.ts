import { afterAll, beforeEach, expect, test } from "bun:test";
import { storeForgeAccount } from "../../../src/adapters/postgres/forge-accounts.ts";
import { commands, publications, reviewComments } from "../../../src/adapters/postgres/schema.ts";
import { createIntake, host } from "./intake-harness.ts";
import { commit, newPlace, type Place, repositoryPart } from "./payloads.ts";

const intake = await createIntake();
const { db } = intake;
afterAll(() => intake.close());
beforeEach(async () => {
  await db.delete(commands);
});

const eve = { id: 99, login: "eve", type: "User" };
let lastComment = 700;

async function openedPlace(): Promise<Place> {
  const place = newPlace();
  await intake.pull(place, { action: "opened", head: commit("c") });
  return place;
}

interface Said {
  readonly action?: string;
  readonly id?: number;
  readonly user?: typeof eve | null;
  readonly sender?: typeof eve;
  readonly inReplyTo?: number;
}

function comment(place: Place, body: string, { action = "created", id = ++lastComment, ...said }: Said = {}) {
  const { user = eve, sender = eve } = said;
  const issue = { number: place.number, pull_request: { url: "https://x" } };
  return { action, issue, comment: { id, body, user }, sender, ...repositoryPart(place) };
}

function reviewComment(place: Place, body: string, said: Said = {}) {
  const { comment: written, ...payload } = comment(place, body, said);
  const { inReplyTo } = said;
  const thread = inReplyTo === undefined ? {} : { in_reply_to_id: inReplyTo };
  return { ...payload, pull_request: { number: place.number }, comment: { ...written, ...thread } };
}

/** A finding of ours on the forge, by its comment's id. */
async function postFinding(place: Place, externalId: number): Promise<void> {
  const { id: pullRequestId, repositoryId } = await intake.pullRequestOf(place);
  const publicationId = Bun.randomUUIDv7();
  await db
    .insert(publications)
    .values({ id: publicationId, pullRequestId, kind: "review", state: "abandoned", payload: {} });
  const posted = { nodeId: "n", url: "https://x", postedAt: new Date(), kind: "inline" as const };
  const identity = {
    id: Bun.randomUUIDv7(),
    publicationId,
    pullRequestId,
    repositoryId,
    forge: "github",
    host,
    externalId,
  };
  await db.insert(reviewComments).values({ ...identity, ...posted });
}

test("a command in the conversation is noted with its author, once however often it comes", async () => {
  const place = await openedPlace();
  const payload = comment(place, "/reviewd review full", { id: 41 });
  const received = { outcome: "recorded", reason: "command_received", taskId: null };
  expect(await intake.send("issue_comment", payload, "d1")).toEqual(received as never);
  expect(await intake.send("issue_comment", payload, "d1")).toMatchObject({ outcome: "duplicate" });
  expect(await intake.send("issue_comment", payload, "d2")).toMatchObject({ reason: "command_known" });
  const { id: pullRequestId } = await intake.pullRequestOf(place);
  expect(await db.select().from(commands)).toMatchObject([
    {
      ...{ pullRequestId, name: "review_full", status: "pending", headSha: commit("c"), host },
      ...{ commentKind: "conversation", commentId: 41, threadId: null },
      ...{ authorExternalId: 99, authorLogin: "eve", attemptCount: 0 },
    },
  ]);
});

test("a command in a thread is known with the thread it is to be answered in", async () => {
  const place = await openedPlace();
  const payload = reviewComment(place, "/reviewd resolve", { id: 52, inReplyTo: 51 });
  expect(await intake.send("pull_request_review_comment", payload)).toMatchObject({
    reason: "command_received",
  });
  const own = reviewComment(place, "/reviewd help", { id: 53 });
  await intake.send("pull_request_review_comment", own);
  expect((await db.select().from(commands)).map(({ name, threadId }) => [name, threadId])).toEqual([
    ["resolve", 51],
    ["help", 53],
  ]);
});

test("words for us are a question only in a thread of ours", async () => {
  await storeForgeAccount(db, { forge: "github", host, login: "acme-review[bot]" });
  const place = await openedPlace();
  await postFinding(place, 61);
  const words = "Is that so, @acme-review?";
  const asked = (inReplyTo?: number) =>
    intake.send("pull_request_review_comment", reviewComment(place, words, inReplyTo ? { inReplyTo } : {}));
  expect(await asked(61)).toMatchObject({ reason: "command_received" });
  expect(await asked(62)).toMatchObject({ reason: "review_comment" });
  expect(await asked()).toMatchObject({ reason: "review_comment" });
  expect(await intake.send("issue_comment", comment(place, words))).toMatchObject({ reason: "comment" });
  expect(await intake.send("issue_comment", comment(place, "@acme-review pause"))).toMatchObject({
    reason: "command_received",
  });
  expect((await db.select().from(commands)).map(({ name, text }) => [name, text])).toEqual([
    ["ask", words],
    ["pause", null],
  ]);
});

const bot = { id: 5, login: "ci[bot]", type: "Bot" };
const mallory = { id: 98, login: "mallory", type: "User" };

test.each([
  ["edited", { action: "edited" }, "comment"],
  ["deleted", { action: "deleted" }, "comment"],
  ["sent by a bot", { sender: bot, user: bot }, "bot"],
  ["written by a bot and sent by a person", { user: bot }, "comment"],
  ["sent by somebody else than its author", { sender: mallory }, "comment"],
  ["by a deleted account", { user: null }, "comment"],
] as const)("a command in a comment that is %s is none", async (_, said, reason) => {
  const place = await openedPlace();
  const sent = await intake.send("issue_comment", comment(place, "/reviewd review", said));
  expect(sent.reason).toBe(reason);
  expect(await db.select().from(commands)).toEqual([]);
});

test("a comment that asks nothing is recorded as before, and a deleted answer of ours is gone", async () => {
  const place = await openedPlace();
  expect(await intake.send("issue_comment", comment(place, "Nice"))).toMatchObject({ reason: "comment" });
  await postFinding(place, 71);
  await db.update(reviewComments).set({ kind: "answer" });
  const deleted = comment(place, "x", { action: "deleted", id: 71 });
  expect(await intake.send("issue_comment", deleted)).toMatchObject({ reason: "comment_deleted" });
});
