import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { publications } from "../../../src/adapters/postgres/schema.ts";
import { outcomeOfError } from "../../../src/domain/task/outcome-of-error.ts";
import { retryTask } from "../../../src/domain/task/retry-task.ts";
import { stopTasks } from "../../../src/domain/task/stop-tasks.ts";
import { advanceClock } from "../../support/advance-clock.ts";
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

const files = { "src/a.ts": "// FIND high: first\n" };
const updateRoute = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";

async function stateOf(taskId: string, kind: string): Promise<string | undefined> {
  return (await world.publications(taskId)).find((publication) => publication.kind === kind)?.state;
}

/** A task whose check is shown as running, left there by its process. */
async function startAndKill(outcome = "lost") {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened));
  const hold = world.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
  const controller = new AbortController();
  const running = world.run(task, controller.signal).catch(() => null);
  await hold.reached;
  controller.abort(outcome);
  hold.release();
  await running;
  expect(opened.pull.checks()[0]?.status).toBe("in_progress");
  return { opened, task };
}

describe("the check of a task that ended without a review", () => {
  test.each([
    [{ kind: "superseded" } as const, "skipped", "there is a newer commit"],
    [
      { kind: "failed", reason: "internal_error", error: "x" } as const,
      "neutral",
      "something in reviewd broke",
    ],
  ])("is closed and says why: %o", async (outcome, conclusion, why) => {
    const { opened, task } = await startAndKill();
    await world.settle(task, outcome);
    // A failure is told in a comment as well.
    expect(await world.outbox()).toBe(outcome.kind === "failed" ? 2 : 1);
    const [check, ...others] = opened.pull.checks();
    expect(others).toEqual([]);
    expect(check).toMatchObject({ status: "completed", conclusion });
    expect(check?.summary).toContain(why);
    expect(await world.outbox()).toBe(0);
  });

  test("is closed once, however many processes look", async () => {
    const { opened, task } = await startAndKill();
    await world.settle(task, { kind: "superseded" });
    world.hub.ledger.clear();
    await Promise.all([world.outbox(), world.outbox(), world.outbox()]);
    expect(world.hub.ledger.count(updateRoute)).toBe(1);
    expect(opened.pull.checks()[0]?.conclusion).toBe("skipped");
  });

  test("is closed for a pending task that had started before", async () => {
    const { opened, task } = await startAndKill();
    await world.settle(task, { kind: "retry", reason: "retry", error: "502" });
    await world.database.db.transaction((tx) =>
      stopTasks(tx, { pullRequestIds: [opened.ids.pullRequestId], reason: "closed", automaticOnly: false }),
    );
    await world.outbox();
    expect(opened.pull.checks()[0]).toMatchObject({
      conclusion: "cancelled",
      title: "The review was cancelled",
    });
  });

  test("is taken over by a later task of the same head, which nothing overwrites", async () => {
    const { opened, task } = await startAndKill();
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await world.review(opened);
    await world.outbox();
    const checks = opened.pull.checks();
    expect(checks).toHaveLength(1);
    expect(checks[0]?.title).toBe("1 high finding; 1 of 1 file reviewed");
    expect(await stateOf(task.taskId, "check")).toBe("abandoned");
  });

  test("closed before is opened again by a later task of the same head", async () => {
    const { opened, task } = await startAndKill();
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await world.outbox();
    await world.review(opened);
    expect(opened.pull.checks()).toHaveLength(1);
    expect(opened.pull.checks()[0]?.conclusion).toBe("neutral");
  });
});

describe("a failure", () => {
  test("that came before the check was opened is told in a check and in a comment, once", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await world.outbox();
    await world.outbox();
    expect(opened.pull.checks()).toHaveLength(1);
    expect(opened.pull.checks()[0]).toMatchObject({ conclusion: "neutral", title: "The review failed" });
    const [notice, ...others] = opened.pull.issueComments();
    expect(others).toEqual([]);
    expect(notice?.body).toStartWith(
      "### The review failed\n\nThe review failed: something in reviewd broke; the task has the error. The comment `/reviewd review` asks for another one.",
    );
  });

  test("for want of a model is called that, with what to do", async () => {
    const opened = await world.openPullRequest(files);
    const configuration = "reviewers: [rules, model]\nfallback_to_rules: false\n";
    await opened.repository.push({ files: { ".reviewd.yml": configuration } });
    const task = await world.claim(await world.queue(opened));
    const error = await world.run(task).catch((caught: unknown) => caught);
    await world.settle(task, outcomeOfError(error));
    await world.outbox();
    const told =
      "The review failed: no language model is set up on this reviewd, and the configuration wants no review without one. " +
      "Whoever runs reviewd has to set `MODELS` for its dispatchers, or else `fallback_to_rules: false` has to go.";
    expect(await world.task(task.taskId)).toMatchObject({ status: "failed", reason: "model_not_set_up" });
    expect(opened.pull.checks()).toMatchObject([{ conclusion: "neutral", summary: told }]);
    expect(opened.pull.issueComments().map(({ body }) => body)).toEqual([expect.stringContaining(told)]);
  });

  test("is told in no further comment, whatever fails after it", async () => {
    const opened = await world.openPullRequest(files);
    for (let i = 0; i < 3; i++) {
      const task = await world.claim(await world.queue(opened));
      await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
      if (i > 0) await world.outbox();
    }
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("is told in no comment where a review was posted before", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    await opened.pull.push({ files: { "src/b.ts": "export {};\n" } });
    const task = await world.claim(await world.queue(opened));
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
    expect(opened.pull.issueComments()[0]?.body).toStartWith("### Review of");
  });

  test("is told in no comment while another review is to come", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.queue(opened, { trigger: "manual" });
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await world.outbox();
    expect(opened.pull.issueComments()).toEqual([]);
  });

  test("that is retried before it was told is told only if it fails again", async () => {
    const opened = await world.openPullRequest(files);
    const fail = async (taskId: string) => {
      const task = await world.claim(taskId);
      await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    };
    const taskId = await world.queue(opened);
    await fail(taskId);
    expect(await retryTask(world.ctx, taskId)).toBeNull();
    await world.outbox();
    expect(opened.pull.issueComments()).toEqual([]);
    await fail(taskId);
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("is told once in a comment whose answer was lost", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    world.hub.fail(commentsRoute, { status: 502, afterCommit: true });
    await world.outbox();
    await using _ = await advanceClock(world.database.db, 60_000);
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
    expect(await stateOf(task.taskId, "notice")).toBe("posted");
  });

  test("that the App may not tell is not tried", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.settle(task, { kind: "failed", reason: "permission_denied", error: "403" });
    expect(await world.outbox()).toBe(0);
    expect(opened.pull.checks()).toEqual([]);
  });
});

describe("a task that was stopped before its check was opened", () => {
  test("opens none", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.settle(task, { kind: "superseded" });
    expect(await world.outbox()).toBe(0);
    expect(opened.pull.checks()).toEqual([]);
  });
});

describe("a write that was uncertain when its task ended", () => {
  test.each([
    ["review", reviewsRoute, 1],
    ["summary", commentsRoute, 2],
  ])("is recorded when it was done after all: %s", async (kind, route, comments) => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const controller = new AbortController();
    const hold = world.hub.hold(route, { afterCommit: true });
    const running = world.run(task, controller.signal).catch(() => null);
    await hold.reached;
    controller.abort("released");
    await running;
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    expect(await stateOf(task.taskId, kind)).toBe("uncertain");
    await using _ = await advanceClock(world.database.db, 60_000);
    await world.outbox();
    await world.outbox();
    hold.release();
    expect(await stateOf(task.taskId, kind)).toBe("posted");
    expect(await world.comments(opened)).toHaveLength(comments);
    expect(opened.pull.checks()[0]?.summary).toContain("The review failed");
  });

  test("is given up when it was not done", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(reviewsRoute, { status: 502, times: 2 });
    await expect(world.run(task)).rejects.toMatchObject({ code: "unavailable" });
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "x" });
    await using _ = await advanceClock(world.database.db, 60_000);
    await world.outbox();
    await world.outbox();
    expect(await stateOf(task.taskId, "review")).toBe("abandoned");
    expect(await stateOf(task.taskId, "summary")).toBe("abandoned");
    expect(opened.pull.reviews()).toEqual([]);
  });
});

describe("a forge that does not take it", () => {
  test("is asked again, but not at once", async () => {
    const { opened, task } = await startAndKill();
    await world.settle(task, { kind: "superseded" });
    world.hub.fail(updateRoute, { status: 502 });
    world.hub.ledger.clear();
    expect(await world.outbox()).toBe(0);
    expect(await world.outbox()).toBe(0);
    expect(world.hub.ledger.count(updateRoute)).toBe(1);
    await using _ = await advanceClock(world.database.db, 120_000);
    expect(await world.outbox()).toBe(1);
    expect(opened.pull.checks()[0]?.conclusion).toBe("skipped");
  });

  test("for good is not asked again, and does not hold up the others", async () => {
    const refused = await startAndKill();
    const other = await startAndKill();
    await world.settle(refused.task, { kind: "superseded" });
    await world.settle(other.task, { kind: "superseded" });
    world.hub.fail(updateRoute, { status: 403 });
    expect(await world.outbox()).toBe(2);
    expect(await stateOf(refused.task.taskId, "check")).toBe("failed");
    expect(other.opened.pull.checks()[0]?.conclusion).toBe("skipped");
  });
});

test("what is due on a pull request that somebody writes to keeps no other waiting", async () => {
  const [busy, free] = [await world.openPullRequest(files), await world.openPullRequest(files)];
  const notice = (opened: Opened, text: string, state: "intended" | "uncertain" = "intended") =>
    world.database.db.insert(publications).values({
      ...{ id: Bun.randomUUIDv7(), pullRequestId: opened.ids.pullRequestId, kind: "notice", state },
      ...{ payload: { text }, attemptedAt: state === "uncertain" ? sql`reviewd_now()` : null },
    });
  await notice(busy, "on its way", "uncertain");
  for (let i = 0; i < 25; i++) await notice(busy, `waits ${i}`);
  await notice(free, "free");
  expect(await world.outbox()).toBe(1);
  expect(free.pull.issueComments()).toHaveLength(1);
  expect(busy.pull.issueComments()).toEqual([]);
});
