import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Forge } from "../../../src/adapters/forge/forge.ts";
import { requestStop } from "../../../src/adapters/postgres/tasks.ts";
import { renewWorker } from "../../../src/adapters/postgres/workers.ts";
import { runReview } from "../../../src/domain/review/run-review.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { eventually } from "../../support/eventually.ts";
import { createMarkReviewer } from "./mark-reviewer.ts";
import { expectOneOfEach } from "./one-of-each.ts";
import { commentsRoute, type ReviewWorld, reviewsRoute, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n// FIND low: second\n" };
const checkRoute = "POST /repos/{owner}/{repo}/check-runs";
const finishCheckRoute = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";

type LateWrite = "createReview" | "createComment";

/** The forge, for a process that is stopped between marking a write and sending it, and may never hear the answer. */
function suspendBefore(write: LateWrite, answer: "heard" | "lost") {
  const reached = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  const late = async <Answer>(request: () => Promise<Answer>): Promise<Answer> => {
    reached.resolve();
    await resumed.promise;
    const heard = await request();
    if (answer === "lost") throw new ReviewdError("unavailable", "no answer");
    return heard;
  };
  const { forge } = world.ctx;
  const suspended: Forge = {
    ...forge,
    createReview: (...call) => {
      const request = () => forge.createReview(...call);
      return write === "createReview" ? late(request) : request();
    },
    createComment: (...call) => {
      const request = () => forge.createComment(...call);
      return write === "createComment" ? late(request) : request();
    },
  };
  return { forge: suspended, reached: reached.promise, resume: () => resumed.resolve() };
}

describe("a process that dies during a write", () => {
  test.each([
    ["the check, before the forge has it", checkRoute, false],
    ["the check, after", checkRoute, true],
    ["the review, before the forge has it", reviewsRoute, false],
    ["the review, after", reviewsRoute, true],
    ["the summary, before the forge has it", commentsRoute, false],
    ["the summary, after", commentsRoute, true],
    ["the check's end, before the forge has it", finishCheckRoute, false],
    ["the check's end, after", finishCheckRoute, true],
  ])("leaves one of each to the next process: %s", async (_, route, afterCommit) => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    const dead = await world.claim(taskId);
    const hold = world.hub.hold(route, { afterCommit });
    const controller = new AbortController();
    const dying = world.run(dead, controller.signal).catch(() => null);
    await hold.reached;
    await world.kill(dead);
    controller.abort("released");

    const next = await world.claim(taskId);
    expect(next.fence).toBeGreaterThan(dead.fence);
    const outcome = await world.run(next);
    expect(outcome).toEqual({ kind: "completed", reason: "reviewed" });
    await world.settle(next, outcome);
    await dying;
    await expectOneOfEach(world, opened);
    hold.release();
  });
});

describe("a process that wakes up after its lease was taken over", () => {
  test.each([
    ["createReview", "heard"],
    ["createReview", "lost"],
    ["createComment", "heard"],
    ["createComment", "lost"],
  ] as const)("takes away what it posted too late: %s, its answer %s", async (write, answer) => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    const late = await world.claim(taskId);
    const suspended = suspendBefore(write, answer);
    const controller = new AbortController();
    const lateRun = runReview({ ...world.ctx, forge: suspended.forge }, late, controller.signal);
    await suspended.reached;
    await world.kill(late);

    const next = await world.claim(taskId);
    await world.settle(next, await world.run(next));
    const kept = opened.pull.inlineComments().map(({ id }) => id);
    controller.abort("lost");
    suspended.resume();
    expect(await lateRun).toEqual({ kind: "lost" });
    await expectOneOfEach(world, opened, { emptied: write === "createReview" ? 1 : 0 });
    expect(opened.pull.inlineComments().map(({ id }) => id)).toEqual(kept);
  });

  test("writes nothing when it was reviewing meanwhile", async () => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    const late = await world.claim(taskId);
    const takeOver = createMarkReviewer(() => world.kill(late));
    const outcome = await runReview(
      { ...world.ctx, reviewers: { rules: takeOver, model: null } },
      late,
      new AbortController().signal,
    );
    expect(outcome).toEqual({ kind: "lost" });
    expect(opened.pull.reviews()).toEqual([]);
    expect(opened.pull.issueComments()).toEqual([]);
    expect(opened.pull.checks()[0]?.status).toBe("in_progress");
    expect(await world.findings(taskId)).toEqual([]);
  });
});

describe("a lease that would not outlast a request", () => {
  test("is waited for until it is renewed", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened), 60_000);
    // A request may take longer than the lease, which for its part outlasts all that this machine may be busy with.
    const forge = { ...world.ctx.forge, timeoutMs: 600_000 };
    world.hub.ledger.clear();
    const running = runReview({ ...world.ctx, forge }, task, new AbortController().signal);
    // The check is looked for right before it would be written.
    const listRoute = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs";
    await eventually(() => expect(world.hub.ledger.count(listRoute)).toBe(1));
    await renewWorker(world.database.db, { id: task.workerId, leaseMs: 120_000 });
    expect(opened.pull.checks()).toEqual([]);
    await renewWorker(world.database.db, { id: task.workerId, leaseMs: 3_600_000 });
    expect((await running).kind).toBe("completed");
    await expectOneOfEach(world, opened);
  });

  test("and is not renewed is lost, and nothing was written", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened), 1_000);
    expect(await world.run(task)).toEqual({ kind: "lost" });
    expect(opened.pull.checks()).toEqual([]);
  });
});

describe("a later attempt", () => {
  test("publishes what is frozen and does not ask the reviewer again", async () => {
    const opened = await world.openPullRequest(files);
    const reviewer = createMarkReviewer();
    const ctx = { ...world.ctx, reviewers: { rules: reviewer, model: null } };
    const signal = new AbortController().signal;
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(reviewsRoute, { status: 403 });
    await expect(runReview(ctx, task, signal)).rejects.toMatchObject({ code: "forbidden" });
    const frozen = await world.findings(task.taskId);
    expect(frozen).toHaveLength(2);
    expect((await runReview(ctx, task, signal)).kind).toBe("completed");
    expect(reviewer.calls()).toBe(1);
    expect(await world.findings(task.taskId)).toEqual([...frozen]);
    await expectOneOfEach(world, opened);
  });

  test("after everything was posted but not settled only says so", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.run(task);
    await world.kill(task);
    const next = await world.claim(task.taskId);
    world.hub.ledger.clear();
    expect(await world.run(next)).toEqual({ kind: "completed", reason: "reviewed" });
    expect(world.hub.ledger.calls.filter(({ method }) => method !== "GET")).toEqual([]);
    await expectOneOfEach(world, opened);
  });
});

describe("a stop that is requested", () => {
  test("while the reviewer works ends the run before anything more is written", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const { db } = world.database;
    const cancel = createMarkReviewer(() =>
      db.transaction((tx) => requestStop(tx, task.taskId, "requested")),
    );
    const outcome = await runReview(
      { ...world.ctx, reviewers: { rules: cancel, model: null } },
      task,
      new AbortController().signal,
    );
    expect(outcome).toEqual({ kind: "stopped" });
    expect(opened.pull.reviews()).toEqual([]);
    expect(opened.pull.issueComments()).toEqual([]);
  });

  test("while the review is being posted: that one is recorded, nothing follows it", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const hold = world.hub.hold(reviewsRoute);
    const running = world.run(task);
    await hold.reached;
    await world.database.db.transaction((tx) => requestStop(tx, task.taskId, "requested"));
    hold.release();
    expect(await running).toEqual({ kind: "stopped" });
    expect(await world.comments(opened)).toHaveLength(2);
    expect(opened.pull.issueComments()).toEqual([]);
  });
});
