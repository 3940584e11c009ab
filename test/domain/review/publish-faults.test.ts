import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { markCommentGone } from "../../../src/adapters/postgres/review-comments.ts";
import { eventually } from "../../support/eventually.ts";
import { expectOneOfEach } from "./one-of-each.ts";
import { commentsRoute, type ReviewWorld, reviewsRoute, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n// FIND low: second\n" };
const checksRoute = "POST /repos/{owner}/{repo}/check-runs";
const listCommentsRoute = "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments";

describe("an answer that got lost after the work was done", () => {
  test.each([
    ["the review", reviewsRoute],
    ["the summary", commentsRoute],
    ["the check", checksRoute],
  ])("leaves one of each: %s", async (_, route) => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(route, { status: 502, afterCommit: true });
    await world.review(opened);
    await expectOneOfEach(world, opened);
  });

  test("also when there is no answer at all", async () => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(reviewsRoute, { hang: true, afterCommit: true });
    await world.review(opened);
    await expectOneOfEach(world, opened);
  });

  test("and when the work was not done, it is done once", async () => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(reviewsRoute, { status: 502 });
    await world.review(opened);
    await expectOneOfEach(world, opened);
  });
});

describe("a forge that stays down", () => {
  test("leaves the write uncertain for the next attempt, which looks before it writes", async () => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    world.hub.fail(reviewsRoute, { status: 502, afterCommit: true });
    world.hub.fail("GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", { status: 503, times: 10 });
    const first = await world.claim(taskId);
    await expect(world.run(first)).rejects.toMatchObject({ code: "unavailable" });
    const review = (await world.publications(taskId)).find(({ kind }) => kind === "review");
    expect(review?.state).toBe("uncertain");
    world.hub.clearFaults();
    expect(await world.run(first)).toEqual({ kind: "completed", reason: "reviewed" });
    await expectOneOfEach(world, opened);
  });

  test("when comments cannot be read back: the attempt fails, the next one knows them all", async () => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    const first = await world.claim(taskId);
    world.hub.fail(listCommentsRoute, { status: 500, times: 10 });
    await expect(world.run(first)).rejects.toMatchObject({ code: "unavailable" });
    expect(opened.pull.reviews()).toHaveLength(1);
    expect(await world.comments(opened)).toEqual([]);
    world.hub.clearFaults();
    expect((await world.run(first)).kind).toBe("completed");
    await expectOneOfEach(world, opened);
  });
});

describe("comment ids that cannot be stored", () => {
  test("are an error, and the next attempt stores them", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const { db } = world.database;
    await db.execute("alter table review_comments add constraint full_up check (false) not valid");
    await expect(world.run(task)).rejects.toThrow();
    await db.execute("alter table review_comments drop constraint full_up");
    expect(opened.pull.reviews()).toHaveLength(1);
    expect((await world.run(task)).kind).toBe("completed");
    await expectOneOfEach(world, opened);
  });
});

describe("a limit of the forge", () => {
  test("hands the task back without costing it, and nothing is posted twice", async () => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    const task = await world.claim(taskId);
    const body = { message: "You have exceeded a secondary rate limit." };
    world.hub.fail(reviewsRoute, { status: 403, headers: { "retry-after": "1" }, body });
    const outcome = await world.run(task);
    expect(outcome).toMatchObject({ kind: "retry", reason: "content_budget", delayMs: 1_000 });
    const review = (await world.publications(taskId)).find(({ kind }) => kind === "review");
    expect(review?.state).toBe("intended");
    await eventually(async () => expect((await world.run(task)).kind).toBe("completed"));
    await expectOneOfEach(world, opened);
  });
});

describe("a review the forge refuses", () => {
  const refusal = {
    status: 422,
    body: { message: "Unprocessable Entity", errors: ["Line could not be resolved"] },
  };

  test("is posted with what surely fits, the rest in the summary", async () => {
    const opened = await world.openPullRequest({
      "base.ts": "const base0 = 0;\n// FIND-ABOVE high: on a line that was there\n",
      "src/a.ts": "// FIND low: on an added line\n",
    });
    world.hub.fail(reviewsRoute, refusal);
    const taskId = await world.review(opened);
    await expectOneOfEach(world, opened, { inline: 1 });
    expect(opened.pull.inlineComments()[0]?.path).toBe("src/a.ts");
    expect(opened.pull.issueComments()[0]?.body).toContain("1 finding without a comment in the diff");
    expect((await world.findings(taskId)).map(({ disposition }) => disposition)).toEqual([
      "summary",
      "inline",
    ]);
  });

  test("twice is said whole in the summary, and no finding is lost", async () => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(reviewsRoute, { ...refusal, times: 2 });
    const taskId = await world.review(opened);
    expect(opened.pull.reviews()).toEqual([]);
    expect((await world.findings(taskId)).map(({ disposition }) => disposition)).toEqual([
      "summary",
      "summary",
    ]);
    const [summary] = opened.pull.issueComments();
    expect(summary?.body).toContain("2 findings without a comment in the diff");
    expect(summary?.body).toContain("Says `first`.");
    expect(summary?.body).toContain("Says `second`.");
    const states = (await world.publications(taskId)).map(({ kind, state }) => `${kind} ${state}`);
    expect(states.sort()).toEqual(["check posted", "review abandoned", "summary posted"]);
  });

  test("because the commit was pushed away ends as superseded", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const beforePublishing = { skip: 1, afterCommit: true };
    const hold = world.hub.hold("GET /repos/{owner}/{repo}/pulls/{pull_number}", beforePublishing);
    world.hub.fail(reviewsRoute, refusal);
    const running = world.run(task);
    await hold.reached;
    await opened.pull.forcePush({ files: { "src/a.ts": "// nothing\n" } });
    hold.release();
    expect(await running).toEqual({ kind: "stopped" });
    expect((await world.task(task.taskId)).stopRequested).toBe("new_head");
    expect(opened.pull.reviews()).toEqual([]);
  });
});

describe("the summary comment", () => {
  test("is the same one on the next push", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    const [before] = opened.pull.issueComments();
    await opened.pull.push({ files: { "src/b.ts": "// FIND critical: third\n" } });
    await world.review(opened);
    const [after, ...others] = opened.pull.issueComments();
    expect(others).toEqual([]);
    expect(after?.id).toBe(before?.id ?? 0);
    expect(after?.body).toContain(
      "3 findings (1 critical, 1 high, 1 low), 2 of them known from an earlier push",
    );
    expect(after?.body).toContain("Earlier review");
  });

  test("that a person deleted is made anew", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    const [first] = opened.pull.issueComments();
    if (!first) throw new Error("there is no summary");
    await world.hub.user("maintainer").deleteComment(first);
    await opened.pull.push({ files: { "src/b.ts": "export {};\n" } });
    await world.review(opened);
    const [second, ...others] = opened.pull.issueComments();
    expect(others).toEqual([]);
    const rows = (await world.comments(opened)).filter(({ kind }) => kind === "summary");
    const gone = new Map(rows.map(({ externalId, goneAt }) => [externalId, goneAt !== null]));
    expect(gone).toEqual(
      new Map([
        [first.id, true],
        [second?.id ?? 0, false],
      ]),
    );
  });

  test("is found by its marker behind 120 others when its id is not known", async () => {
    const opened = await world.openPullRequest(files);
    const eve = world.hub.user("eve");
    for (let i = 0; i < 120; i++) await eve.comment(opened.pull, `comment ${i}`);
    await world.review(opened);
    const summary = opened.pull.issueComments().at(-1);
    const [row] = (await world.comments(opened)).filter(({ kind }) => kind === "summary");
    if (!row || !summary) throw new Error("there is no summary");
    await world.database.db.transaction((tx) => markCommentGone(tx, row));
    await opened.pull.push({ files: { "src/b.ts": "export {};\n" } });
    await world.review(opened);
    expect(opened.pull.issueComments()).toHaveLength(121);
    expect(opened.pull.issueComments().at(-1)?.id).toBe(summary.id);
    const [found] = (await world.comments(opened)).filter(({ kind }) => kind === "summary");
    expect(found).toMatchObject({ externalId: summary.id, goneAt: null });
  });

  test("of somebody who copied our marker is not taken for ours", async () => {
    const first = await world.openPullRequest(files);
    await world.review(first);
    const stolen = first.pull.issueComments()[0]?.body ?? "";
    const opened = await world.openPullRequest(files);
    await world.hub.user("mallory").comment(opened.pull, stolen);
    await world.review(opened);
    expect(opened.pull.issueComments().map(({ author }) => author)).toEqual(["mallory", "reviewd[bot]"]);
    expect(opened.pull.issueComments()[0]?.body).toBe(stolen);
  });
});

describe("inline comments", () => {
  test("are all known on a pull request with more than a page of them", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    const [thread] = opened.pull.inlineComments();
    if (!thread) throw new Error("there is no comment");
    const eve = world.hub.user("eve");
    for (let i = 0; i < 120; i++) await eve.reply(thread, `reply ${i}`);
    await opened.pull.push({ files: { "src/b.ts": "// FIND critical: third\n" } });
    const taskId = await world.review(opened);
    const last = opened.pull.inlineComments().at(-1);
    const captured = (await world.comments(opened)).filter((comment) => comment.taskId === taskId);
    expect(captured.map(({ externalId, path }) => ({ externalId, path }))).toEqual([
      { externalId: last?.id ?? 0, path: "src/b.ts" },
    ]);
  });
});
