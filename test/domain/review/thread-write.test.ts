/** What becomes of the threads of findings that are gone. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { installations } from "../../../src/adapters/postgres/schema.ts";
import { decideThread } from "../../../src/domain/review/thread-write.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const graphql = "POST /graphql";
const usual = { metadata: "read", contents: "read", pull_requests: "write", checks: "write" } as const;
const both = { "src/a.ts": "// FIND high: first\n", "src/b.ts": "// FIND low: second\n" };

/** What the App is granted, and what is known of that. */
async function grant({ repository }: Opened, permissions: Readonly<Record<string, "read" | "write">>) {
  const [owner = ""] = repository.fullName.split("/");
  const installation = world.hub.installation(owner);
  installation.setPermissions(permissions);
  await world.database.db
    .update(installations)
    .set({ permissions })
    .where(eq(installations.externalId, installation.id));
}

async function reviewBoth(permissions: Readonly<Record<string, "read" | "write">> = usual): Promise<Opened> {
  const opened = await world.openPullRequest(both);
  await grant(opened, permissions);
  await world.review(opened);
  return opened;
}

/** A push that takes the first finding away, its review, and what is written after it. */
async function fixFirst(opened: Opened): Promise<string> {
  await opened.pull.push({ files: { "src/a.ts": "export {};\n" } });
  const taskId = await world.review(opened);
  await world.outbox();
  return taskId;
}

function shown({ pull }: Opened) {
  const inline = pull.inlineComments().filter(({ inReplyToId }) => inReplyToId === null);
  return inline.map(({ isResolved, minimizedReason }) => ({ isResolved, minimizedReason }));
}

const open = { isResolved: false, minimizedReason: null };
const hidden = { isResolved: false, minimizedReason: "resolved" };
const resolved = { isResolved: true, minimizedReason: null };

describe("the thread of a finding that is gone", () => {
  test("is resolved where the App may do that, and no other is", async () => {
    const opened = await reviewBoth({ ...usual, contents: "write" });
    await fixFirst(opened);
    expect(shown(opened)).toEqual([resolved, open]);
    expect(opened.pull.issueComments()[0]?.body).toContain("1 finding resolved since");
  });

  test("is hidden where it may not, without trying", async () => {
    const opened = await reviewBoth();
    world.hub.ledger.clear();
    await fixFirst(opened);
    expect(shown(opened)).toEqual([hidden, open]);
    expect(world.hub.ledger.count(graphql)).toBe(2);
  });

  test("is hidden where the App was allowed more until just now", async () => {
    const opened = await reviewBoth({ ...usual, contents: "write" });
    const [owner = ""] = opened.repository.fullName.split("/");
    world.hub.installation(owner).setPermissions(usual);
    await fixFirst(opened);
    expect(shown(opened)).toEqual([hidden, open]);
  });

  test("stays open where somebody answered, whatever the App may do", async () => {
    for (const permissions of [usual, { ...usual, contents: "write" }] as const) {
      const opened = await reviewBoth(permissions);
      const [first] = opened.pull.inlineComments();
      if (!first) throw new Error("there is no comment");
      await world.hub.user("eve").reply(first, "Are you sure?");
      await fixFirst(opened);
      expect(shown(opened)).toEqual([open, open]);
    }
  });

  test("is ended once, whatever answer is lost and however often it is looked for", async () => {
    const opened = await reviewBoth();
    await opened.pull.push({ files: { "src/a.ts": "export {};\n" } });
    const taskId = await world.review(opened);
    world.hub.fail(graphql, { skip: 1, status: 502, afterCommit: true });
    await world.outbox();
    const threads = (await world.publications(taskId)).filter(({ kind }) => kind === "thread");
    expect(threads).toMatchObject([{ state: "uncertain" }]);
    expect(shown(opened)).toEqual([hidden, open]);
    world.hub.ledger.clear();
    await using _ = await advanceClock(world.database.db, 30_000);
    await world.outbox();
    await world.outbox();
    expect((await world.publications(taskId)).map(({ state }) => state)).toEqual(Array(3).fill("posted"));
    // It was looked for, and there was nothing left to do.
    expect(world.hub.ledger.count(graphql)).toBe(1);
  });

  test("that a person deleted is nobody's business", async () => {
    const opened = await reviewBoth();
    const [first] = opened.pull.inlineComments();
    if (!first) throw new Error("there is no comment");
    await world.hub.user("maintainer").deleteComment(first);
    const taskId = await fixFirst(opened);
    const states = (await world.publications(taskId)).map(({ kind, state }) => `${kind} ${state}`);
    expect(states.sort()).toEqual(["check posted", "summary posted", "thread posted"]);
  });

  test("is ended however many end at once, and none a second time", async () => {
    const path = (round: number) => `src/${round}.ts`;
    const said = (round: number) =>
      Array.from({ length: 25 }, (_, i) => `// FIND high: finding ${round * 25 + i}\n`).join("");
    const opened = await world.openPullRequest({ [path(0)]: said(0) });
    await grant(opened, usual);
    await world.review(opened);
    for (let round = 1; round <= 4; round++) {
      await opened.pull.push({ files: { [path(round)]: said(round) } });
      await world.review(opened);
    }
    expect(shown(opened)).toEqual(Array(125).fill(open));
    await opened.pull.push({
      files: Object.fromEntries([0, 1, 2, 3, 4].map((round) => [path(round), "export {};\n"])),
    });
    await world.review(opened);
    await world.outbox();
    expect(shown(opened)).toEqual(Array(125).fill(hidden));
  });

  test("is left alone when its review is not posted", async () => {
    const opened = await reviewBoth();
    await opened.pull.push({ files: { "src/a.ts": "export {};\n" } });
    const task = await world.claim(await world.queue(opened));
    world.hub.fail("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", { status: 422 });
    await expect(world.run(task)).rejects.toThrow();
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "it broke" });
    await world.outbox();
    expect(shown(opened)).toEqual([open, open]);
  });
});

describe("threads that are left as they are", () => {
  const comment = { id: 1, nodeId: "n", isMinimized: false };
  const thread = { id: "t", isResolved: false, comments: [comment], authorIds: [7] };
  const may = { ownId: 7, mayResolve: true };
  const mayNot = { ownId: 7, mayResolve: false };

  test.each([
    ["resolved before", { ...thread, isResolved: true }, may],
    ["hidden before", { ...thread, comments: [{ ...comment, isMinimized: true }] }, may],
    ["with an answer of somebody whose account is gone", { ...thread, authorIds: [7, null] }, mayNot],
    ["with an answer, though it might be resolved", { ...thread, authorIds: [7, 8] }, may],
    ["without a comment", { ...thread, comments: [] }, may],
  ])("%s", (_, told, rights) => {
    expect(decideThread(told, rights)).toBeNull();
  });

  test("not those that only we wrote in", () => {
    expect(decideThread({ ...thread, authorIds: [7, 7] }, may)).toEqual({ kind: "resolve", threadId: "t" });
    expect(decideThread({ ...thread, authorIds: [7, 7] }, mayNot)).toEqual({ kind: "minimize", nodeId: "n" });
  });
});
