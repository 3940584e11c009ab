/** Reviews that cannot go on until somebody acts: they wait, it is told once, and they go on when it was done. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { InstallationUnavailableError } from "../../../src/adapters/forge/forge.ts";
import { createGitHub } from "../../../src/adapters/forge/github/create-github.ts";
import {
  allowProbes,
  findRequiredActions,
  wakeWaiting,
} from "../../../src/adapters/postgres/installations.ts";
import { installations, repositories } from "../../../src/adapters/postgres/schema.ts";
import { ModelError } from "../../../src/adapters/reviewer/model/model-client.ts";
import type { Reviewer } from "../../../src/adapters/reviewer/reviewer.ts";
import { requiredAction } from "../../../src/domain/owner/required-action.ts";
import { cancelTask } from "../../../src/domain/task/stop-tasks.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
let working: Reviewer;
beforeAll(async () => {
  world = await startReviewWorld();
  working = world.ctx.reviewers.rules;
});
afterEach(() => setReviewer(working));
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n" };
const usual = { metadata: "read", contents: "read", pull_requests: "write", checks: "write" } as const;
const waiting = { kind: "retry", reason: "action_required" };
const minuteMs = 60_000;

const refused: Reviewer = {
  name: "rules",
  review: async () => {
    throw new ModelError("unauthorized", "401: the key is not valid");
  },
};

function setReviewer(rules: Reviewer): void {
  Object.assign(world.ctx, { reviewers: { rules, model: null } });
}

function installationOf({ repository }: Opened) {
  const [owner = ""] = repository.fullName.split("/");
  return world.hub.installation(owner);
}

async function storedInstallation({ ids }: Opened) {
  const { db } = world.database;
  const [repository] = await db.select().from(repositories).where(eq(repositories.id, ids.repositoryId));
  const [row] = await db
    .select()
    .from(installations)
    .where(eq(installations.id, repository?.installationId ?? ""));
  if (!row) throw new Error("there is no installation");
  return row;
}

/** Claims it, runs it and settles it as the dispatcher does. */
async function attempt(taskId: string) {
  const task = await world.claim(taskId);
  const outcome = await world.run(task);
  await world.settle(task, outcome);
  return outcome;
}

async function push(opened: Opened): Promise<string> {
  await opened.pull.push({ files: { "src/b.ts": "// FIND low: second\n" } });
  return await world.queue(opened);
}

describe("a key that the model's provider does not accept", () => {
  test("has reviews wait without costing attempts, and is told once in a comment", async () => {
    const opened = await world.openPullRequest(files);
    setReviewer(refused);
    const first = await world.queue(opened);
    expect(await attempt(first)).toMatchObject(waiting);
    expect(await world.task(first)).toMatchObject({
      status: "pending",
      placement: "delayed",
      reason: "action_required",
      attemptCount: 0,
    });
    await world.outbox();
    expect(opened.pull.checks()).toMatchObject([{ status: "completed", conclusion: "action_required" }]);
    expect(opened.pull.issueComments().map(({ body }) => body.split("\n\n")[0])).toEqual([
      "### Reviews are waiting",
    ]);

    world.hub.ledger.clear();
    const second = await push(opened);
    expect(await attempt(second)).toMatchObject(waiting);
    expect(world.hub.ledger.calls).toEqual([]);
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("is not told where nothing is posted, but by the next review that posts", async () => {
    const opened = await world.openPullRequest(files);
    setReviewer(refused);
    const dry = await world.queue(opened, { outputMode: "app" });
    expect(await attempt(dry)).toMatchObject(waiting);
    await world.outbox();
    expect([opened.pull.issueComments(), opened.pull.checks()]).toEqual([[], []]);

    await cancelTask(world.ctx, dry);
    const posting = await push(opened);
    await using _ = await advanceClock(world.database.db, 20 * minuteMs);
    expect(await attempt(posting)).toMatchObject(waiting);
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
    await using _later = await advanceClock(world.database.db, 20 * minuteMs);
    await world.sweep();
    expect(await attempt(posting)).toMatchObject(waiting);
    await world.outbox();
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("is tried again in a while, and everybody goes on once it works", async () => {
    const opened = await world.openPullRequest(files);
    setReviewer(refused);
    const first = await world.queue(opened);
    await attempt(first);
    const second = await push(opened);
    await attempt(second);
    // Both are of one pull request, of which one runs at a time.
    await cancelTask(world.ctx, first);
    await using _ = await advanceClock(world.database.db, 20 * minuteMs);
    await world.sweep();
    expect(await attempt(second)).toMatchObject(waiting);
    expect((await storedInstallation(opened)).actionRequired).toContain("does not accept the key");

    setReviewer(working);
    await using _later = await advanceClock(world.database.db, 20 * minuteMs);
    await world.sweep();
    expect(await attempt(second)).toEqual({ kind: "completed", reason: "reviewed" });
    expect((await storedInstallation(opened)).actionRequired).toBeNull();
    const checks = opened.pull.checks().filter(({ headSha }) => headSha === opened.pull.headSha);
    expect(checks).toMatchObject([{ status: "completed", conclusion: "neutral" }]);
  });

  test("is tried at once by a process that has just started", async () => {
    const opened = await world.openPullRequest(files);
    setReviewer(refused);
    const taskId = await world.queue(opened);
    await attempt(taskId);
    setReviewer(working);
    await allowProbes(world.database.db);
    await world.sweep();
    expect(await attempt(taskId)).toEqual({ kind: "completed", reason: "reviewed" });
  });

  test("is not told twice in a day, however often it comes and goes", async () => {
    const opened = await world.openPullRequest(files);
    const taskId = await world.queue(opened);
    for (let i = 0; i < 3; i++) {
      setReviewer(refused);
      await attempt(taskId);
      await world.outbox();
      await world.database.db
        .update(installations)
        .set({ actionRequired: null, actionRequiredAt: null })
        .where(eq(installations.id, (await storedInstallation(opened)).id));
      await wakeNow(opened);
    }
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("keeps nobody from asking: who does hears of it", async () => {
    const opened = await world.openPullRequest(files);
    setReviewer(refused);
    await attempt(await world.queue(opened));
    const asked = await world.claim(await world.queue(opened, { trigger: "manual" }));
    await expect(world.run(asked)).rejects.toMatchObject({ outcome: "unauthorized" });
  });
});

describe("a permission that was taken away", () => {
  test("has reviews wait until it is granted again, and fails quietly where it cannot be told", async () => {
    const opened = await world.openPullRequest(files);
    installationOf(opened).setPermissions({ metadata: "read", contents: "read", checks: "write" });
    const taskId = await world.queue(opened);
    expect(await attempt(taskId)).toMatchObject(waiting);
    await world.outbox();
    expect(opened.pull.issueComments()).toEqual([]);
    const { db } = world.database;
    const { id, ownerId } = await storedInstallation(opened);
    expect(await findRequiredActions(db, ownerId)).toMatchObject([
      { text: expect.stringContaining("lacks a permission") },
    ]);

    installationOf(opened).setPermissions(usual);
    // Another process: this one does not ask again for some seconds.
    const { hub, ctx } = world;
    const { id: appId, privateKey } = hub.app;
    Object.assign(ctx, { forge: createGitHub({ apiUrl: hub.apiUrl, appId, privateKey, log: ctx.log }) });
    // As the event that tells of it does.
    await db
      .update(installations)
      .set({ actionRequired: null, actionRequiredAt: null })
      .where(eq(installations.id, id));
    await wakeNow(opened);
    expect(await attempt(taskId)).toEqual({ kind: "completed", reason: "reviewed" });
    expect(await findRequiredActions(db, ownerId)).toEqual([]);
  });
});

test.each([
  ["a key", new ModelError("unauthorized", "401"), true],
  ["a suspension", new InstallationUnavailableError("suspended", "403"), true],
  ["a missing permission", new ReviewdError("forbidden", "422", { reason: "not_granted" }), true],
  ["an App that is gone", new InstallationUnavailableError("deleted", "404"), false],
  ["a model that is down", new ModelError("unavailable", "503"), false],
  ["one repository that is closed to us", new ReviewdError("forbidden", "403"), false],
  ["a bug", new Error("x"), false],
])("whether somebody has to act: %s", (_, error, wanted) => {
  expect(requiredAction(error) !== null).toBe(wanted);
});

async function wakeNow(opened: Opened): Promise<void> {
  await wakeWaiting(world.database.db, (await storedInstallation(opened)).id);
  await world.sweep();
}
