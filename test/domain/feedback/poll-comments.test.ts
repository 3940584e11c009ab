import { describe, expect, test } from "bun:test";
import { and, eq, inArray, sql } from "drizzle-orm";
import { makeCommentsDue, markCommentGone } from "../../../src/adapters/postgres/review-comments.ts";
import { installations, pullRequests, reviewComments } from "../../../src/adapters/postgres/schema.ts";
import { secondaryLimit } from "../../fakehub/faults.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { type PollWorld, startPollWorld } from "./poll-world.ts";

const graphql = "POST /graphql";
const listReactions = "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions";
const listSummaryReactions = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions";
const dayMs = 86_400_000;
/** Until the faults are cleared. */
const down = { status: 502, times: 1_000 };

/** The only element. */
function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error("the list is empty");
  return one;
}

function restReads({ hub }: PollWorld): number {
  return hub.ledger.count(listReactions) + hub.ledger.count(listSummaryReactions);
}

describe("what people do", () => {
  test("a reaction is stored with who gave it, on inline comments and on the summary", async () => {
    await using world = await startPollWorld();
    const { inline, summary } = await world.post("acme", 2);
    const [eve, bob] = [world.hub.user("eve"), world.hub.user("bob")];
    await eve.react(first(inline), "-1");
    await bob.react(first(inline), "+1");
    await bob.react(summary, "heart");

    expect(await world.poll()).toMatchObject({ due: 3, read: 3, added: 3, removed: 0, failed: 0 });
    expect(await world.reactions()).toEqual(["bob: +1", "bob: heart", "eve: -1"]);
    const [row] = (await world.feedback()).filter(({ reactorLogin }) => reactorLogin === "eve");
    expect(row).toMatchObject({ kind: "reaction", reactorExternalId: eve.id, removedAt: null });
  });

  test("a cycle that finds nothing new changes no row", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 1);
    await world.hub.user("eve").react(first(inline), "-1");
    await world.poll();
    const before = await world.feedback();
    expect(await world.nextPoll()).toMatchObject({ read: 2, added: 0, returned: 0, removed: 0 });
    expect(await world.feedback()).toEqual(before);
  });

  test("taking a reaction back closes it; giving it again is a new one", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    const eve = world.hub.user("eve");
    await eve.react(comment, "-1");
    await world.poll();
    await eve.unreact(comment, "-1");
    expect(await world.nextPoll()).toMatchObject({ removed: 1 });
    expect(await world.reactions()).toEqual([]);

    await eve.react(comment, "-1");
    expect(await world.nextPoll()).toMatchObject({ added: 1, returned: 0 });
    expect(await world.reactions()).toEqual(["eve: -1"]);
    const rows = await world.feedback();
    expect(rows.map(({ removedAt }) => removedAt === null)).toEqual([false, true]);
    expect(new Set(rows.map(({ externalId }) => externalId)).size).toBe(2);
  });

  test("two people who change places are seen, though the counts stay equal", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    const [eve, bob] = [world.hub.user("eve"), world.hub.user("bob")];
    await eve.react(comment, "+1");
    await bob.react(comment, "-1");
    await world.poll();
    await eve.unreact(comment, "+1");
    await bob.unreact(comment, "-1");
    await eve.react(comment, "-1");
    await bob.react(comment, "+1");
    expect(await world.nextPoll()).toMatchObject({ added: 2, removed: 2 });
    expect(await world.reactions()).toEqual(["bob: +1", "eve: -1"]);
  });

  test("250 reactions on one comment are all read, and none is taken for gone", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 2);
    const popular = first(inline);
    for (let i = 0; i < 250; i++) await world.hub.user(`reader-${i}`).react(popular, "+1");
    expect(await world.poll()).toMatchObject({ read: 3, added: 250 });
    expect(await world.nextPoll()).toMatchObject({ read: 3, added: 0, removed: 0 });
    await world.hub.user("reader-249").unreact(popular, "+1");
    expect(await world.nextPoll()).toMatchObject({ added: 0, removed: 1 });
  });

  test("programs do not count, and somebody unknown does", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    await world.hub.user("helper[bot]").react(comment, "+1");
    await world.hub.user(world.hub.app.botLogin).react(comment, "rocket");
    const ghost = world.hub.user("ghost-to-be");
    await ghost.react(comment, "-1");
    await ghost.deleteAccount();
    await world.poll();
    expect(await world.feedback()).toMatchObject([
      { content: "-1", reactorExternalId: null, reactorLogin: null },
    ]);
  });

  test("who reacted stays known after the account is gone", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    const eve = world.hub.user("eve");
    await eve.react(comment, "-1");
    await world.poll();
    await eve.deleteAccount();
    expect(await world.nextPoll()).toMatchObject({ read: 2, added: 0, removed: 0 });
    expect(await world.reactions()).toEqual(["eve: -1"]);
  });
});

describe("a deleted comment", () => {
  test("is gone when it was missing twice, keeps its feedback, and is never read again", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 2);
    const comment = first(inline);
    await world.hub.user("eve").react(comment, "-1");
    await world.poll();
    await world.hub.user("acme").deleteComment(comment);

    expect(await world.nextPoll()).toMatchObject({ read: 2, missing: 1, gone: 0 });
    const row = async () => (await world.comments()).find(({ externalId }) => externalId === comment.id);
    expect(await row()).toMatchObject({ missingCount: 1, goneAt: null });
    expect(await world.nextPoll()).toMatchObject({ read: 2, missing: 1, gone: 1 });
    expect(await row()).toMatchObject({ goneAt: expect.any(Date), nextPollAt: null });
    expect(await world.reactions()).toEqual(["eve: -1"]);
    expect(await world.nextPoll()).toMatchObject({ due: 2, missing: 0 });
  });

  test("that was missing once only is read on as before", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    await world.poll();
    const missing = { nodeId: "PRRC_missing", missingCount: 0 };
    await world.ctx.db.update(reviewComments).set(missing).where(eq(reviewComments.externalId, comment.id));
    await world.nextPoll();
    const again = { nodeId: comment.nodeId };
    await world.ctx.db.update(reviewComments).set(again).where(eq(reviewComments.externalId, comment.id));
    expect(await world.nextPoll()).toMatchObject({ read: 2, missing: 0 });
    expect((await world.comments()).map(({ missingCount, goneAt }) => [missingCount, goneAt])).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  test("that a webhook told of while it was read stays gone", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    await world.hub.user("eve").react(comment, "-1");
    const hold = world.hub.hold(graphql, { afterCommit: true });
    const polling = world.poll();
    await hold.reached;
    const { host } = world.ctx.forge;
    const identity = { forge: "github", host, kind: "inline", externalId: comment.id } as const;
    const mark = () => world.ctx.db.transaction((tx) => markCommentGone(tx, identity));
    expect(await mark()).toBe(true);
    expect(await mark()).toBe(false);
    hold.release();
    expect(await polling).toMatchObject({ added: 0 });
    const row = (await world.comments()).find(({ externalId }) => externalId === comment.id);
    expect(row).toMatchObject({ goneAt: expect.any(Date), nextPollAt: null });
  });
});

describe("a repository that is not to be seen", () => {
  test("any more: its comments are not taken for gone, and are read again when it is back", async () => {
    await using world = await startPollWorld();
    const { inline, repository } = await world.post("acme", 1, { private: true });
    await world.post("acme", 1);
    await world.poll();
    repository.setInstalled(false);
    expect(await world.nextPoll()).toMatchObject({ due: 4, read: 2, missing: 2 });
    for (let cycles = 0; cycles < 2; cycles++)
      expect(await world.nextPoll()).toMatchObject({ due: 4, read: 2, missing: 2, gone: 0, failed: 0 });
    repository.setInstalled(true);
    await world.hub.user("eve").react(first(inline), "-1");
    expect(await world.nextPoll()).toMatchObject({ due: 4, read: 4, added: 1 });
    expect((await world.comments()).map(({ missingCount, goneAt }) => [missingCount, goneAt])).toEqual(
      Array(4).fill([0, null]),
    );
  });

  test("is asked for only until its comments' window ends", async () => {
    await using world = await startPollWorld();
    const { repository } = await world.post("acme", 1, { private: true });
    repository.delete();
    await world.poll();
    await advanceClock(world.ctx.db, 15 * dayMs);
    await world.poll();
    expect((await world.comments()).map(({ nextPollAt, goneAt }) => [nextPollAt, goneAt])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("because it moved to another installation: it is read there", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 1, { private: true });
    await world.post("umbrella", 1);
    await world.poll();
    // As between the transfer and the news of it: ours is still the former one.
    const { db } = world.ctx;
    const moveTo = async (owner: string) =>
      await db.execute(sql`
        update repositories set installation_id = (
          select id from installations where external_id = ${world.hub.installation(owner).id})
        where id = (select repository_id from review_comments where kind = 'inline' and external_id = ${first(inline).id})`);
    await moveTo("umbrella");
    await world.hub.user("eve").react(first(inline), "-1");
    for (let cycles = 0; cycles < 3; cycles++)
      expect(await world.nextPoll()).toMatchObject({ due: 4, read: 2, gone: 0, failed: 0 });
    await moveTo("acme");
    expect(await world.nextPoll()).toMatchObject({ due: 4, read: 4, added: 1 });
  });
});

describe("when the forge fails", () => {
  test("GraphQL down: the comments are read one by one, nothing is closed", async () => {
    await using world = await startPollWorld();
    const { inline, summary } = await world.post("acme", 2);
    await world.hub.user("eve").react(first(inline), "-1");
    await world.poll();
    await world.hub.user("bob").react(summary, "+1");
    world.hub.fail(graphql, down);
    expect(await world.nextPoll()).toMatchObject({ read: 3, added: 1, removed: 0, failed: 0 });
    expect(restReads(world)).toBe(3);
    world.hub.clearFaults();
    expect(await world.nextPoll()).toMatchObject({ read: 3, removed: 0 });
    expect(restReads(world)).toBe(3);
  });

  test("reading one by one has a bound, and the rest comes first in the next cycle", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 129);
    world.hub.fail(graphql, down);
    expect(await world.poll()).toMatchObject({ due: 130, read: 100, failed: 0 });
    const early = (await world.comments()).filter(({ lastPolledAt }) => lastPolledAt === null);
    await world.nextPoll();
    const late = await world.comments();
    expect(early).toHaveLength(30);
    for (const { id } of early) expect(late.find((row) => row.id === id)?.lastPolledAt).not.toBeNull();
  });

  test("being stopped while reading one by one keeps what was read and leaves the rest due", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 4);
    world.hub.fail(graphql, down);
    const hold = world.hub.hold(listReactions, { skip: 2 });
    const stop = new AbortController();
    const polling = world.poll(stop.signal);
    await hold.reached;
    stop.abort();
    hold.release();
    const { read } = await polling;
    expect(read).toBe(3);
    expect((await world.comments()).filter(({ lastPolledAt }) => lastPolledAt !== null)).toHaveLength(read);
    world.hub.clearFaults();
    expect(await world.poll()).toMatchObject({ due: 5 - read, left: 0 });
  });

  test("everything down: three tries, then the installation is left for this cycle, all stays due", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 9);
    world.hub.fail(graphql, down);
    world.hub.fail(listReactions, down);
    expect(await world.poll()).toMatchObject({ due: 10, read: 0, failed: 1 });
    world.hub.clearFaults();
    expect(await world.nextPoll()).toMatchObject({ read: 10, failed: 0 });
  });

  test("one comment that cannot be read does not hold up the others", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 2);
    for (let i = 0; i < 101; i++) await world.hub.user(`reader-${i}`).react(first(inline), "+1");
    world.hub.fail(listReactions, { status: 500, times: 3 });
    expect(await world.poll()).toMatchObject({ due: 3, read: 2, added: 0, failed: 0 });
    world.hub.clearFaults();
    expect(await world.nextPoll()).toMatchObject({ read: 3, added: 101 });
  });

  test("some comments that can never be read do not keep the others from being read", async () => {
    await using world = await startPollWorld();
    const { inline, summary } = await world.post("acme", 5);
    const popular = inline.slice(0, 4);
    for (let i = 0; i < 101; i++)
      for (const comment of popular) await world.hub.user(`reader-${i}`).react(comment, "+1");
    await world.poll();
    await advanceClock(world.ctx.db, 60_000);
    // The ones that fail come due first from then on.
    await world.ctx.db.update(reviewComments).set({ nextPollAt: sql`reviewd_now()` });
    await world.ctx.db
      .update(reviewComments)
      .set({ nextPollAt: sql`reviewd_now() - interval '1 minute'` })
      .where(
        inArray(
          reviewComments.externalId,
          popular.map(({ id }) => id),
        ),
      );
    world.hub.fail(listReactions, down);
    await world.hub.user("eve").react(summary, "-1");
    const before = restReads(world);
    expect(await world.poll()).toMatchObject({ due: 6, read: 2, left: 4, added: 1, failed: 0 });
    // Three tries each of three; the fourth is not tried.
    expect(restReads(world) - before).toBe(9);
  });

  test("one by one is read within what an hour may cost, however short the interval", async () => {
    await using world = await startPollWorld({}, 1_000, undefined, { callsPerHour: 5 });
    await world.post("acme", 3);
    world.hub.fail(graphql, down);
    expect(await world.poll()).toMatchObject({ due: 4, read: 4, calls: 4 });
    expect(await world.nextPoll()).toMatchObject({ due: 4, read: 1, left: 3, calls: 1, failed: 0 });
    expect(await world.nextPoll()).toMatchObject({ read: 0, calls: 0, failed: 0 });
    expect(restReads(world)).toBe(5);
    world.hub.clearFaults();
    expect(await world.nextPoll()).toMatchObject({ read: 4, points: 1 });
    world.hub.fail(graphql, down);
    await advanceClock(world.ctx.db, 3_600_000);
    expect(await world.poll()).toMatchObject({ read: 4, calls: 4 });
  });

  test("an installation that takes long does so in turns: the rest comes first in the next cycle", async () => {
    await using world = await startPollWorld({}, 1_000, undefined, { turnMs: 0 });
    for (let i = 0; i < 3; i++) await world.post("acme", 59);
    expect(await world.poll()).toMatchObject({ read: 100, points: 1, failed: 0, resting: 0 });
    const unread = (await world.comments()).filter(({ lastPolledAt }) => lastPolledAt === null);
    expect(unread).toHaveLength(80);
    await world.nextPoll();
    const late = (await world.comments()).filter(({ lastPolledAt }) => lastPolledAt === null);
    expect(late).toHaveLength(0);
    world.hub.fail(graphql, down);
    expect(await world.nextPoll()).toMatchObject({ read: 0, calls: 0, failed: 0 });
  });

  test("what was read before a limit is met counts, and the installation rests until its reset", async () => {
    await using world = await startPollWorld();
    const [plain, popular] = (await world.post("acme", 2)).inline;
    if (!plain || !popular) throw new Error("two comments were to be posted");
    for (let i = 0; i < 101; i++) await world.hub.user(`reader-${i}`).react(popular, "+1");
    await world.hub.user("eve").react(plain, "-1");
    world.hub.fail(listReactions, secondaryLimit(600));
    expect(await world.poll()).toMatchObject({ due: 3, read: 2, added: 1, failed: 1 });
    const asked = world.hub.ledger.calls.length;
    expect(await world.nextPoll()).toMatchObject({ installations: 1, resting: 1, due: 0 });
    expect(world.hub.ledger.calls.length).toBe(asked);
    world.restart();
    expect(await world.nextPoll()).toMatchObject({ resting: 0, failed: 0 });
    expect(await world.reactions()).toHaveLength(102);
  });

  test.each([
    ["403 with retry-after", secondaryLimit(600)],
    [
      "200 with an error",
      {
        status: 200,
        headers: { "retry-after": "600" },
        body: { data: null, errors: [{ message: "You have exceeded a secondary rate limit." }] },
      },
    ],
  ])("a secondary limit on GraphQL, told by %s, is no reason to read one by one", async (_, limit) => {
    await using world = await startPollWorld();
    await world.post("acme", 1);
    await world.post("umbrella", 1);
    world.hub.fail(graphql, limit);
    expect(await world.poll()).toMatchObject({ read: 2, failed: 1, calls: 0 });
    expect(await world.nextPoll()).toMatchObject({ resting: 1, read: 2, calls: 0 });
    await advanceClock(world.ctx.db, 600_000);
    world.restart();
    expect(await world.poll()).toMatchObject({ resting: 0, read: 4, failed: 0 });
  });

  test("an Enterprise Server that limits nobody is read in batches", async () => {
    await using world = await startPollWorld({ pointsPerHour: Number.POSITIVE_INFINITY });
    await world.post("acme", 2);
    expect(await world.poll()).toMatchObject({ read: 3, points: 1, calls: 0, failed: 0 });
    expect(await world.nextPoll()).toMatchObject({ read: 3, resting: 0 });
  });

  test("an installation near its limit is left alone until the reset", async () => {
    await using world = await startPollWorld({ pointsPerHour: 100 });
    await world.post("acme", 1);
    expect(await world.poll()).toMatchObject({ read: 2, failed: 0 });
    const asked = world.hub.ledger.count(graphql);
    expect(await world.nextPoll()).toMatchObject({ installations: 1, resting: 1, due: 0 });
    expect(world.hub.ledger.count(graphql)).toBe(asked);
    world.hub.clock.advance(3_600_000);
    await advanceClock(world.ctx.db, 3_600_000);
    expect(await world.poll()).toMatchObject({ resting: 0, read: 2, failed: 0 });
  });

  test("an installation that spent what an hour may cost rests until the first of it is an hour old", async () => {
    await using world = await startPollWorld({}, 2);
    await world.post("acme", 1);
    expect(await world.poll()).toMatchObject({ read: 2, resting: 0 });
    expect(await world.nextPoll()).toMatchObject({ read: 2, resting: 0 });
    expect(await world.nextPoll()).toMatchObject({ due: 0, resting: 1 });
    await advanceClock(world.ctx.db, 3_600_000 - 2 * 300_000);
    expect(await world.poll()).toMatchObject({ read: 2, resting: 0 });
  });

  test("an installation suspended in the middle does not stop the others, and goes on when it is back", async () => {
    await using world = await startPollWorld();
    const lost = await world.post("acme", 1);
    const kept = await world.post("umbrella", 1);
    await world.poll();
    await world.hub.user("eve").react(first(lost.inline), "-1");
    await world.hub.user("eve").react(first(kept.inline), "+1");
    world.hub.installation("acme").suspend();
    expect(await world.nextPoll()).toMatchObject({ installations: 2, failed: 1, added: 1, missing: 0 });
    expect(await world.reactions()).toEqual(["eve: +1"]);
    world.hub.installation("acme").unsuspend();
    expect(await world.nextPoll()).toMatchObject({ failed: 0, added: 1 });
  });

  // Each time with the tries that a call has: an App's credential that is refused is made anew, a 502 is tried again.
  test.each([
    { status: 401, tokens: "one for each installation", most: 2 * 3 },
    { status: 502, tokens: "one for each installation and repository", most: 5 * 3 },
  ])(
    "where minting answers $status, no more are asked for in a cycle than $tokens",
    async ({ status, most }) => {
      await using world = await startPollWorld();
      for (let i = 0; i < 2; i++) await world.post("acme", 60);
      await world.post("umbrella", 1);
      world.restart();
      const mint = "POST /app/installations/{installation_id}/access_tokens";
      world.hub.fail(mint, { status, times: 1_000 });
      const before = world.hub.ledger.count(mint);
      expect(await world.poll()).toMatchObject({ installations: 2, read: 0, missing: 0 });
      const asked = world.hub.ledger.count(mint) - before;
      expect(asked).toBeLessThanOrEqual(most);
      expect(world.hub.ledger.count(graphql) + restReads(world)).toBe(0);
    },
  );

  test("an installation known to be suspended is not asked at all", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 1);
    await world.ctx.db.update(installations).set({ status: "suspended" });
    const asked = world.hub.ledger.calls.length;
    expect(await world.poll()).toMatchObject({ installations: 0, due: 0 });
    expect(world.hub.ledger.calls.length).toBe(asked);
  });
});

describe("the schedule", () => {
  test("250 comments take three requests, and each is read once in a cycle", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 124);
    await world.post("acme", 124);
    const before = world.hub.ledger.count(graphql);
    expect(await world.poll()).toMatchObject({ due: 250, read: 250 });
    expect(world.hub.ledger.count(graphql) - before).toBe(3);
    expect(await world.poll()).toMatchObject({ due: 0 });
    expect(await world.nextPoll()).toMatchObject({ due: 250 });
  });

  test("a batch with room takes what comes due soon, and plans it anew; one by one nothing is read early", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 3);
    await world.poll();
    const { db } = world.ctx;
    const plan = async (comment: { readonly id: number } | undefined, cycles: number) =>
      await db
        .update(reviewComments)
        .set({ nextPollAt: sql`reviewd_now() + ${cycles} * interval '300 seconds'` })
        .where(and(eq(reviewComments.kind, "inline"), eq(reviewComments.externalId, comment?.id ?? 0)));
    const planOf = async (comment: { readonly id: number } | undefined) =>
      (await world.comments()).find(({ externalId }) => externalId === comment?.id)?.nextPollAt?.getTime() ??
      0;
    const [soon, later] = inline;
    await plan(soon, 3);
    await plan(later, 5);
    const before = [await planOf(soon), await planOf(later)];
    const asked = world.hub.ledger.count(graphql);
    expect(await world.nextPoll()).toMatchObject({ due: 2, read: 3, left: 0 });
    expect(world.hub.ledger.count(graphql) - asked).toBe(1);
    expect(await planOf(soon)).not.toBe(before[0] ?? 0);
    expect(await planOf(later)).toBe(before[1] ?? 0);
    expect(await world.poll()).toMatchObject({ due: 0, read: 0 });

    await plan(soon, 3);
    world.hub.fail(graphql, down);
    expect(await world.nextPoll()).toMatchObject({ due: 2, read: 2 });
  });

  test("after a week of downtime each comment is read once, not once for every cycle missed", async () => {
    await using world = await startPollWorld();
    await world.post("acme", 1);
    await world.poll();
    await advanceClock(world.ctx.db, 7 * dayMs);
    expect(await world.poll()).toMatchObject({ due: 2, read: 2 });
    expect(await world.poll()).toMatchObject({ due: 0 });
    expect(await world.nextPoll()).toMatchObject({ due: 0 });
  });

  test("the last reading is after the window's end, and then there is none", async () => {
    await using world = await startPollWorld();
    const { inline } = await world.post("acme", 1);
    await world.poll();
    await advanceClock(world.ctx.db, 15 * dayMs);
    await world.hub.user("eve").react(first(inline), "-1");
    expect(await world.poll()).toMatchObject({ read: 2, added: 1 });
    expect((await world.comments()).map(({ nextPollAt }) => nextPollAt)).toEqual([null, null]);
  });

  test("a closed pull request is read once more, an hour later, and not after", async () => {
    await using world = await startPollWorld();
    const { inline, pullRequestId } = await world.post("acme", 1);
    await world.poll();
    const closedAt = new Date();
    await world.ctx.db
      .update(pullRequests)
      .set({ state: "closed", closedAt })
      .where(eq(pullRequests.id, pullRequestId));
    await world.nextPoll();
    expect(await world.nextPoll()).toMatchObject({ due: 0 });
    await advanceClock(world.ctx.db, 3_600_000);
    await world.hub.user("eve").react(first(inline), "+1");
    expect(await world.poll()).toMatchObject({ due: 2, added: 1 });
    expect((await world.comments()).map(({ nextPollAt }) => nextPollAt)).toEqual([null, null]);
  });

  test("an event on the pull request makes its comments due, also those that were done", async () => {
    await using world = await startPollWorld();
    const { pullRequestId } = await world.post("acme", 1);
    await world.post("acme", 1);
    await world.poll();
    const due = { nextPollAt: null };
    await world.ctx.db.update(reviewComments).set(due).where(eq(reviewComments.pullRequestId, pullRequestId));
    await world.ctx.db.transaction((tx) => makeCommentsDue(tx, pullRequestId));
    expect(await world.poll()).toMatchObject({ due: 2, left: 0 });
  });

  test("an event that comes while a comment is read has it read again at the next cycle", async () => {
    await using world = await startPollWorld();
    const { pullRequestId } = await world.post("acme", 1);
    const hold = world.hub.hold(graphql, { afterCommit: true });
    const polling = world.poll();
    await hold.reached;
    await world.ctx.db.transaction((tx) => makeCommentsDue(tx, pullRequestId));
    hold.release();
    expect(await polling).toMatchObject({ read: 2 });
    expect(await world.poll()).toMatchObject({ due: 2 });
  });

  test("a reading that was overtaken by a later one changes nothing", async () => {
    await using world = await startPollWorld();
    const comment = first((await world.post("acme", 1)).inline);
    const eve = world.hub.user("eve");
    await eve.react(comment, "-1");
    const hold = world.hub.hold(graphql, { afterCommit: true });
    const slow = world.poll();
    await hold.reached;
    await eve.unreact(comment, "-1");
    expect(await world.poll()).toMatchObject({ read: 2, added: 0 });
    hold.release();
    expect(await slow).toMatchObject({ added: 0 });
    expect(await world.feedback()).toEqual([]);
  });
});
