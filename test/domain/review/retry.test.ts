/** A task that is done after all: whatever its first end left behind, the pull request gets one of each. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { Forge } from "../../../src/adapters/forge/forge.ts";
import { setReviewMode } from "../../../src/adapters/postgres/repositories.ts";
import { publishOutbox } from "../../../src/domain/review/publish-outbox.ts";
import { retryTask } from "../../../src/domain/task/retry-task.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { eventually } from "../../support/eventually.ts";
import { createMarkReviewer } from "./mark-reviewer.ts";
import { expectOneOfEach } from "./one-of-each.ts";
import {
  commentsRoute,
  type Opened,
  type ReviewWorld,
  reviewsRoute,
  startReviewWorld,
} from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n// FIND low: second\n" };
const exhausted = { kind: "failed", reason: "internal_error", error: "it broke" } as const;

async function retry(taskId: string): Promise<void> {
  expect(await retryTask(world.ctx, taskId)).toBeNull();
}

/** Runs it to its end, as the next free dispatcher does. */
async function finish(taskId: string): Promise<void> {
  const task = await world.claim(taskId);
  const outcome = await world.run(task);
  expect(outcome.kind).toBe("completed");
  await world.settle(task, outcome);
}

/** A run that breaks, and the end of its task. */
async function fail(opened: Opened, outcome: Parameters<ReviewWorld["settle"]>[1] = exhausted) {
  const task = await world.claim(await world.queue(opened));
  await expect(world.run(task)).rejects.toThrow();
  await world.settle(task, outcome);
  world.hub.clearFaults();
  return task;
}

const stateOf = async (taskId: string, kind: string) =>
  (await world.publications(taskId)).find((publication) => publication.kind === kind)?.state;
const titles = ({ pull }: Opened) => pull.checks().map(({ title }) => title);
const reviewed = "2 findings (1 high, 1 low); 1 of 1 file reviewed";

test("what failed before anything was found is reviewed, in the check that said so", async () => {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened));
  await world.settle(task, exhausted);
  await world.outbox();
  expect(titles(opened)).toEqual(["The review failed"]);
  await retry(task.taskId);
  await finish(task.taskId);
  await world.outbox();
  await expectOneOfEach(world, opened);
  expect(titles(opened)).toEqual([reviewed]);
});

test("its check shows that it is on again while it runs", async () => {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened));
  await world.settle(task, exhausted);
  await world.outbox();
  await retry(task.taskId);
  const hold = world.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
  const finishing = finish(task.taskId);
  await hold.reached;
  expect(opened.pull.checks()).toMatchObject([{ status: "in_progress", title: "Review in progress" }]);
  hold.release();
  await finishing;
});

test.each([false, true])(
  "in a repository that has dry runs by now it posts nothing more (its review was frozen: %p)",
  async (isFrozen) => {
    const opened = await world.openPullRequest(files);
    if (isFrozen) world.hub.fail(commentsRoute, { status: 422 });
    const task = isFrozen ? await fail(opened) : await world.claim(await world.queue(opened));
    if (!isFrozen) await world.settle(task, exhausted);
    await world.outbox();
    const posted = () => [titles(opened), opened.pull.issueComments(), opened.pull.inlineComments()];
    const before = structuredClone(posted());
    await setReviewMode(world.database.db, opened.ids.repositoryId, "dry_run");
    await retry(task.taskId);
    await finish(task.taskId);
    await world.outbox();
    expect(posted()).toEqual(before);
    expect(await world.findings(task.taskId)).toHaveLength(2);
    expect((await world.task(task.taskId)).outputMode).toBe("app");
  },
);

test("what was frozen is published as it was: the reviewer is not asked again", async () => {
  const opened = await world.openPullRequest(files);
  world.hub.fail(commentsRoute, { status: 422 });
  const task = await fail(opened);
  expect(await stateOf(task.taskId, "summary")).toBe("abandoned");
  await world.outbox();
  expect(titles(opened)).toEqual(["The review failed"]);

  const findings = await world.findings(task.taskId);
  await retry(task.taskId);
  const reviewer = createMarkReviewer();
  Object.assign(world.ctx, { reviewer });
  await finish(task.taskId);
  expect(reviewer.calls()).toBe(0);
  expect(await world.findings(task.taskId)).toEqual(findings);
  await expectOneOfEach(world, opened);
  expect(titles(opened)).toEqual([reviewed]);
});

describe("a write nobody knows the end of", () => {
  test.each([
    ["review", reviewsRoute, true, 0],
    ["review", reviewsRoute, false, 0],
    ["summary", commentsRoute, true, 1],
    ["summary", commentsRoute, false, 1],
  ])(
    "is looked for first, also when the outbox did not come to it: %s %s, done: %p",
    async (kind, route, afterCommit, skip) => {
      const opened = await world.openPullRequest(files);
      world.hub.fail(route, { status: 502, afterCommit });
      world.hub.fail(route.replace("POST", "GET"), { skip, status: 503, times: 10 });
      const task = await fail(opened);
      expect(await stateOf(task.taskId, kind)).toBe("uncertain");
      await retry(task.taskId);
      expect(await world.outbox()).toBe(0);
      await finish(task.taskId);
      await expectOneOfEach(world, opened);
      expect(titles(opened)).toEqual([reviewed]);
    },
  );

  test("is looked for again when the outbox had given it up", async () => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(reviewsRoute, { status: 502, times: 2 });
    const task = await fail(opened);
    await eventually(async () => {
      await world.outbox();
      expect(await stateOf(task.taskId, "review")).toBe("abandoned");
    });
    await retry(task.taskId);
    expect(await stateOf(task.taskId, "review")).toBe("uncertain");
    await finish(task.taskId);
    await expectOneOfEach(world, opened);
  });
});

test("a review the forge refused stays in the summary", async () => {
  const opened = await world.openPullRequest(files);
  world.hub.fail(reviewsRoute, { status: 422, times: 2 });
  world.hub.fail(commentsRoute, { status: 422 });
  const task = await fail(opened);
  await retry(task.taskId);
  await finish(task.taskId);
  expect(opened.pull.reviews()).toEqual([]);
  expect(opened.pull.issueComments()).toHaveLength(1);
  expect(opened.pull.issueComments()[0]?.body).toContain("2 findings without a comment in the diff");
});

test("what was cancelled halfway goes on where it was", async () => {
  const opened = await world.openPullRequest(files);
  const taskId = await world.queue(opened);
  const task = await world.claim(taskId);
  const hold = world.hub.hold(reviewsRoute, { afterCommit: true });
  const running = world.run(task);
  await hold.reached;
  expect(await cancelTask(world.ctx, taskId)).toBe("stopping");
  hold.release();
  expect(await running).toEqual({ kind: "stopped" });
  await world.settle(task, { kind: "stopped" });
  await world.outbox();
  expect(titles(opened)).toEqual(["The review was cancelled"]);
  await retry(taskId);
  await finish(taskId);
  await expectOneOfEach(world, opened);
  expect(titles(opened)).toEqual([reviewed]);
});

describe("while the outbox closes its check", () => {
  /** An outbox whose write is marked and sent, and whose answer comes when it is let go. */
  function closeCheck(failure: ReviewdError | null) {
    const [sent, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { forge } = world.ctx;
    const updateCheck: Forge["updateCheck"] = async (...call) => {
      await forge.updateCheck(...call);
      sent.resolve();
      await answered.promise;
      if (failure) throw failure;
    };
    const ctx = { ...world.ctx, forge: { ...forge, updateCheck } };
    const closing = publishOutbox(ctx, new AbortController().signal);
    return { closing, sent: sent.promise, answer: () => answered.resolve() };
  }

  test.each([
    ["answered", null],
    ["lost", new ReviewdError("unavailable", "no answer")],
    ["refused for good", new ReviewdError("forbidden", "not any more")],
  ])("the check still ends as the review does: the closing is %s", async (_, failure) => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(commentsRoute, { status: 422 });
    const { taskId } = await fail(opened);
    const { closing, sent, answer } = closeCheck(failure);
    await sent;
    await retry(taskId);
    answer();
    expect(await closing).toBe(0);
    expect(await stateOf(taskId, "check")).toBe("uncertain");
    await finish(taskId);
    expect(await world.outbox()).toBe(0);
    await expectOneOfEach(world, opened);
    expect(titles(opened)).toEqual([reviewed]);
    expect(await stateOf(taskId, "check")).toBe("posted");
  });

  test.each([
    ["is not begun", null],
    ["and cannot be, is not given up", new ReviewdError("forbidden", "not any more")],
  ])("a write that is not marked yet %s", async (_, failure) => {
    const opened = await world.openPullRequest(files);
    world.hub.fail(commentsRoute, { status: 422 });
    const { taskId } = await fail(opened);
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { forge } = world.ctx;
    const listChecks: Forge["listChecks"] = async (...call) => {
      reached.resolve();
      await released.promise;
      if (failure) throw failure;
      return await forge.listChecks(...call);
    };
    const ctx = { ...world.ctx, forge: { ...forge, listChecks } };
    const closing = publishOutbox(ctx, new AbortController().signal);
    await reached.promise;
    await retry(taskId);
    released.resolve();
    expect(await closing).toBe(0);
    expect(titles(opened)).toEqual(["Review in progress"]);
    await finish(taskId);
    expect(titles(opened)).toEqual([reviewed]);
  });
});

test("a check that a later task of the head took over is its own again", async () => {
  const opened = await world.openPullRequest(files);
  const first = await world.claim(await world.queue(opened));
  await world.settle(first, exhausted);
  await world.outbox();
  world.hub.fail(commentsRoute, { status: 422 });
  const second = await fail(opened);
  expect(await stateOf(second.taskId, "check")).toBe("intended");
  await retry(first.taskId);
  expect(await stateOf(second.taskId, "check")).toBe("abandoned");
  await finish(first.taskId);
  await world.outbox();
  expect(opened.pull.checks()).toHaveLength(1);
  expect(titles(opened)[0]).toContain("1 of 1 file reviewed");
});

test("a task that only shows its review in the app still writes nothing", async () => {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened, { outputMode: "app" }));
  expect((await world.run(task)).kind).toBe("completed");
  await world.settle(task, exhausted);
  await retry(task.taskId);
  await finish(task.taskId);
  expect(opened.pull.reviews()).toEqual([]);
  expect(opened.pull.issueComments()).toEqual([]);
  expect(opened.pull.checks()).toEqual([]);
  expect(await world.findings(task.taskId)).toHaveLength(2);
});

test("an outbox that was held up between marking its write and sending it does not send it any more", async () => {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened));
  await world.settle(task, exhausted);
  world.hub.ledger.clear();
  const { db } = world.database;
  let closing: Promise<number> | undefined;
  await db.transaction(async (tx) => {
    await tx.execute(sql`select from pull_requests where id = ${opened.ids.pullRequestId} for update`);
    const heldAt = performance.now();
    closing = world.outbox();
    await eventually(async () => {
      const waiting = await db.execute(sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      expect(waiting).toHaveLength(1);
      expect(performance.now() - heldAt).toBeGreaterThan(1_500);
    });
  });
  expect(await closing).toBe(0);
  expect(opened.pull.checks()).toEqual([]);
});
