import { afterAll, expect, test } from "bun:test";
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import fc from "fast-check";
import {
  commands,
  publications,
  reviewComments,
  reviewFeedback,
} from "../../../src/adapters/postgres/schema.ts";
import { createIntake, host } from "./intake-harness.ts";
import { newPlace, type Place, repositoryPart, second } from "./payloads.ts";

const intake = await createIntake();
const { db } = intake;
afterAll(() => intake.close());

const eve = { id: 99, login: "eve", type: "User" };
const ada = { id: 98, login: "ada", type: "User" };
const bot = { id: 5, login: "acme-review[bot]", type: "Bot" };
let lastId = 9_000;

interface Posted {
  readonly place: Place;
  readonly reviewId: number;
  readonly commentIds: readonly number[];
}

/** A review of ours on the forge, with two inline comments. */
async function post(): Promise<Posted> {
  const place = newPlace();
  await intake.pull(place, { action: "opened" });
  const { id: pullRequestId, repositoryId } = await intake.pullRequestOf(place);
  const publicationId = Bun.randomUUIDv7();
  const reviewId = ++lastId;
  const review = { kind: "review", state: "posted", payload: {}, postedAt: new Date() } as const;
  await db.insert(publications).values({ id: publicationId, pullRequestId, ...review, externalId: reviewId });
  const commentIds = [++lastId, ++lastId];
  const posted = { nodeId: "n", url: "https://x", postedAt: new Date(), kind: "inline" as const };
  const of = { publicationId, pullRequestId, repositoryId, forge: "github", host };
  await db
    .insert(reviewComments)
    .values(commentIds.map((externalId) => ({ ...of, ...posted, id: Bun.randomUUIDv7(), externalId })));
  return { place, reviewId, commentIds };
}

interface Reply {
  readonly id?: number;
  readonly to?: number | undefined;
  readonly body?: string;
  readonly from?: string;
  readonly at?: string;
  readonly user?: typeof eve | null;
  readonly sender?: typeof eve;
}

function reply({ place, commentIds }: Posted, action: string, said: Reply = {}) {
  const {
    id = ++lastId,
    to = commentIds[0],
    body = "No",
    from,
    at = second(0),
    user = eve,
    sender = eve,
  } = said;
  const comment = { id, in_reply_to_id: to, body, user, created_at: second(0), updated_at: at };
  const changes = from === undefined ? {} : { changes: { body: { from } } };
  return { action, ...changes, pull_request: { number: 7 }, comment, sender, ...repositoryPart(place) };
}

function thread({ place, commentIds }: Posted, action: string, { at = second(0), sender = eve } = {}) {
  const comments = [{ id: commentIds[1] }, { id: ++lastId }];
  return {
    action,
    pull_request: { number: 7 },
    thread: { comments },
    updated_at: at,
    sender,
    ...repositoryPart(place),
  };
}

const sendReply = async (posted: Posted, action: string, said?: Reply) =>
  (await intake.send("pull_request_review_comment", reply(posted, action, said))).reason;
const sendThread = async (posted: Posted, action: string, said?: { at?: string; sender?: typeof eve }) =>
  (await intake.send("pull_request_review_thread", thread(posted, action, said))).reason;

/** What holds now, by the place of the comment it is on. */
async function live({ commentIds, place }: Posted) {
  const { id } = await intake.pullRequestOf(place);
  const rows = await db
    .select({ on: reviewComments.externalId, feedback: reviewFeedback })
    .from(reviewFeedback)
    .innerJoin(reviewComments, eq(reviewComments.id, reviewFeedback.commentId))
    .where(and(eq(reviewComments.pullRequestId, id), isNull(reviewFeedback.removedAt)))
    .orderBy(reviewComments.externalId, reviewFeedback.externalId);
  return rows.map(({ on, feedback: { kind, content, reactorExternalId, reactorLogin } }) =>
    [commentIds.indexOf(on), kind, content, reactorExternalId, reactorLogin].join(" "),
  );
}

test("a reply is kept with who said it, follows its edits and goes with its comment", async () => {
  const posted = await post();
  const id = ++lastId;
  expect(await sendReply(posted, "created", { id, body: "Not so" })).toBe("reply");
  expect(await sendReply(posted, "created", { id, body: "Not so" })).toBe("reply");
  expect(await live(posted)).toEqual(["0 reply Not so 99 eve"]);
  expect(
    await sendReply(posted, "edited", { id, body: "Is so", from: "Not so", at: second(9), sender: ada }),
  ).toBe("reply");
  expect(await live(posted)).toEqual(["0 reply Is so 99 eve"]);
  expect(await sendReply(posted, "deleted", { id, sender: bot })).toBe("reply_deleted");
  expect(await live(posted)).toEqual([]);
});

test("a reply's text has an end, and one of a deleted account is kept once", async () => {
  const posted = await post();
  const said = { id: ++lastId, body: "😀".repeat(5_000), user: null };
  await sendReply(posted, "created", said);
  await sendReply(posted, "created", said);
  expect(await live(posted)).toEqual([`0 reply ${"😀".repeat(4_000)}  `]);
});

test.each([
  ["of a bot", { user: bot, sender: bot }, "bot"],
  ["written by a bot, sent by a person", { user: bot }, "review_comment"],
  ["to somebody else's comment", { to: 1 }, "review_comment"],
] as const)("a reply %s is no feedback", async (_, said, reason) => {
  const posted = await post();
  expect(await sendReply(posted, "created", said)).toBe(reason);
  expect(await live(posted)).toEqual([]);
});

test("a command is no reply, whether its edit comes first or last", async () => {
  const posted = await post();
  for (const order of [
    ["created", "edited"],
    ["edited", "created"],
  ]) {
    const id = ++lastId;
    for (const action of order) {
      const body = action === "created" ? "/reviewd resolve" : "Thanks";
      const at = action === "created" ? second(0) : second(5);
      await sendReply(posted, action, { id, body, at });
    }
    expect(await db.select().from(commands).where(eq(commands.commentId, id))).toHaveLength(1);
    expect(await live(posted)).toEqual([]);
  }
});

test("what a deleted reply said is forgotten, whatever comes of it later", async () => {
  const posted = await post();
  const id = ++lastId;
  await sendReply(posted, "created", { id, body: "Our password is hunter2" });
  await sendReply(posted, "deleted", { id });
  await sendReply(posted, "edited", {
    id,
    body: "It was hunter2",
    from: "Our password is hunter2",
    at: second(9),
  });
  await sendReply(posted, "created", { id, body: "Our password is hunter2" });
  const stored = await db.select().from(reviewFeedback).where(eq(reviewFeedback.externalId, id));
  expect(stored.map(({ content, removedAt }) => [content, removedAt !== null])).toEqual([["", true]]);
});

test("a thread is resolved by whoever did it last, and not while it is open", async () => {
  const posted = await post();
  expect(await sendThread(posted, "resolved", { at: second(1) })).toBe("thread_resolved");
  expect(await live(posted)).toEqual(["1 thread resolved 99 eve"]);
  expect(await sendThread(posted, "unresolved", { at: second(2), sender: bot })).toBe("thread_reopened");
  expect(await live(posted)).toEqual([]);
  expect(await sendThread(posted, "resolved", { at: second(3), sender: ada })).toBe("thread_resolved");
  expect(await live(posted)).toEqual(["1 thread resolved 98 ada"]);
});

test("a thread resolved and opened again within a second is open, whichever is heard of first", async () => {
  for (const order of [
    ["resolved", "unresolved"],
    ["unresolved", "resolved"],
  ]) {
    const posted = await post();
    for (const action of order) await sendThread(posted, action, { at: second(1) });
    expect(await live(posted)).toEqual([]);
  }
});

test("what we resolve ourselves is no feedback, nor is what happens to others' threads", async () => {
  const posted = await post();
  expect(await sendThread(posted, "resolved", { sender: bot })).toBe("bot");
  expect(await sendThread({ ...posted, commentIds: [1, 2] }, "resolved")).toBe("review_thread");
  expect(await live(posted)).toEqual([]);
});

test("a dismissed review of ours is told on each of its comments, once", async () => {
  const posted = await post();
  const payload = (id: number, action = "dismissed") => ({
    ...{ action, review: { id }, pull_request: { number: 7 }, sender: ada },
    ...repositoryPart(posted.place),
  });
  expect(await intake.send("pull_request_review", payload(1))).toMatchObject({ reason: "review" });
  expect(await intake.send("pull_request_review", payload(posted.reviewId, "edited"))).toMatchObject({
    reason: "review",
  });
  expect(await live(posted)).toEqual([]);
  for (let i = 0; i < 2; i++) {
    expect(await intake.send("pull_request_review", payload(posted.reviewId))).toMatchObject({
      reason: "review_dismissed",
    });
  }
  expect(await live(posted)).toEqual(["0 dismissal dismissed 98 ada", "1 dismissal dismissed 98 ada"]);
});

test("a reply that Postgres or a reader could choke on is kept as far as it can be", async () => {
  const posted = await post();
  const id = ++lastId;
  const long = `\0a\0\ud800${"x".repeat(200_000)}`;
  expect(await sendReply(posted, "created", { id, body: long })).toBe("reply");
  expect(await live(posted)).toEqual([`0 reply a\ufffd${"x".repeat(3_998)} 99 eve`]);
  const edit = { id, body: "\0", from: long };
  expect(await sendReply(posted, "edited", edit)).toBe("reply");
  expect(await live(posted)).toEqual(["0 reply  99 eve"]);
});

test("what happens elsewhere to a comment of the same number is nothing of ours", async () => {
  const [posted, other] = [await post(), await post()];
  const elsewhere = { ...posted, place: other.place };
  expect(await sendReply(elsewhere, "created")).toBe("review_comment");
  expect(await sendThread(elsewhere, "resolved")).toBe("review_thread");
  expect(await sendReply(elsewhere, "deleted", { id: posted.commentIds[0] ?? 0, to: undefined })).toBe(
    "review_comment",
  );
  const dismissed = { action: "dismissed", review: { id: posted.reviewId }, pull_request: { number: 7 } };
  const payload = { ...dismissed, sender: ada, ...repositoryPart(other.place) };
  expect(await intake.send("pull_request_review", payload)).toMatchObject({ reason: "review" });
  const { id } = await intake.pullRequestOf(posted.place);
  await db.update(reviewComments).set({ host: "elsewhere.test" }).where(eq(reviewComments.pullRequestId, id));
  expect(await sendReply(posted, "created")).toBe("review_comment");
  expect(await sendThread(posted, "resolved")).toBe("review_thread");
  expect([...(await live(posted)), ...(await live(other))]).toEqual([]);
  expect(await db.$count(reviewComments, isNotNull(reviewComments.goneAt))).toBe(0);
});

test("a repository that was renamed or given to somebody else keeps its feedback, and gets more", async () => {
  const posted = await post();
  await sendReply(posted, "created", { body: "Before" });
  const { repositoryId, installationId } = posted.place;
  const moved = newPlace({ repositoryId, fullName: "globex/store" });
  expect(moved.installationId).not.toBe(installationId);
  const transferred = { action: "transferred", ...repositoryPart(moved), sender: ada };
  await intake.send("repository", transferred);
  expect(await sendReply({ ...posted, place: moved }, "created", { body: "After" })).toBe("reply");
  expect(await live(posted)).toEqual(["0 reply Before 99 eve", "0 reply After 99 eve"]);
});

test("a thread that nobody known resolved is resolved, and what we do to it ourselves changes nothing", async () => {
  const posted = await post();
  const payload = { ...thread(posted, "resolved", { at: second(1) }), sender: null };
  expect(await intake.send("pull_request_review_thread", payload)).toMatchObject({
    reason: "thread_resolved",
  });
  expect(await live(posted)).toEqual(["1 thread resolved  "]);
  expect(await sendThread(posted, "unresolved", { at: second(2) })).toBe("thread_reopened");
  expect(await sendThread(posted, "resolved", { at: second(3), sender: bot })).toBe("bot");
  expect(await live(posted)).toEqual([]);
});

test("whatever the order, and however often, deliveries come, the same holds in the end", async () => {
  const steps = (posted: Posted, id: number, other: number) => [
    () => sendReply(posted, "created", { id, body: "A" }),
    () => sendReply(posted, "edited", { id, body: "B", from: "A", at: second(4) }),
    () => sendReply(posted, "edited", { id, body: "C", from: "B", at: second(4) }),
    () => sendReply(posted, "created", { id: other, body: "X" }),
    () => sendReply(posted, "deleted", { id: other, body: "X" }),
    () => sendThread(posted, "resolved", { at: second(1) }),
    () => sendThread(posted, "unresolved", { at: second(2) }),
    () => sendThread(posted, "resolved", { at: second(3), sender: ada }),
  ];
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
  const repeated = fc.array(fc.nat(7), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(order, repeated, async (first, again) => {
      const posted = await post();
      const deliveries = steps(posted, ++lastId, ++lastId);
      for (const index of [...first, ...again]) await deliveries[index]?.();
      expect(await live(posted)).toEqual(["0 reply C 99 eve", "1 thread resolved 98 ada"]);
    }),
    { numRuns: 60 },
  );
});
