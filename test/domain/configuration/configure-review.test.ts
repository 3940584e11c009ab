/** Over real git and GitHub's double: what is read of the base branch, and what becomes of a run by it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { and, eq } from "drizzle-orm";
import { getPublication } from "../../../src/adapters/postgres/publications.ts";
import { setReviewMode } from "../../../src/adapters/postgres/repositories.ts";
import { markStale } from "../../../src/adapters/postgres/repository-configurations.ts";
import { owners, pullRequests, repositoryConfigurations } from "../../../src/adapters/postgres/schema.ts";
import type { ModelClient } from "../../../src/adapters/reviewer/model/model-client.ts";
import { readSnapshot } from "../../../src/domain/configuration/snapshot.ts";
import { runReview } from "../../../src/domain/review/run-review.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "../review/review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const clean = { "src/a.ts": "export {};\n" };

async function openOn(
  base: Readonly<Record<string, string>>,
  head: Readonly<Record<string, string>> = clean,
) {
  const opened = await world.openPullRequest(head);
  await opened.repository.push({ files: base });
  return opened;
}

async function configurationOf(taskId: string) {
  const snapshot = readSnapshot((await world.task(taskId)).config, false);
  if (!snapshot) throw new Error("the task has no configuration");
  return snapshot;
}

async function storedOf({ ids }: Opened) {
  const [row] = await world.database.db
    .select()
    .from(repositoryConfigurations)
    .where(
      and(
        eq(repositoryConfigurations.repositoryId, ids.repositoryId),
        eq(repositoryConfigurations.baseRef, "main"),
      ),
    );
  return row ?? null;
}

/** Queues, claims and runs; settles however it ends. */
async function runOnce(opened: Opened, trigger: "webhook" | "rerequest" = "webhook") {
  const taskId = await world.queue(opened, { trigger });
  const task = await world.claim(taskId);
  const outcome = await world.run(task);
  await world.settle(task, outcome);
  return { taskId, outcome };
}

describe("what is read", () => {
  test("is what the base branch has by now, not what it had when the pull request was opened", async () => {
    const opened = await openOn({ ".reviewd.yml": "comment_budget: 3\n", "REVIEW.md": "Be\u200b kind.\n" });
    const configuration = await configurationOf(await world.review(opened));
    const tip = await opened.repository.push({ files: { ".reviewd.yml": "comment_budget: 4\n" } });
    expect(configuration).toMatchObject({ path: ".reviewd.yml", problems: [], guidance: "Be kind." });
    expect(configuration.values.commentBudget).toBe(3);
    expect(configuration.origins).toMatchObject({ commentBudget: "repository", drafts: "default" });

    const again = await configurationOf(await world.review(opened, { trigger: "rerequest" }));
    expect([again.values.commentBudget, again.commitSha]).toEqual([4, tip]);
    expect(await storedOf(opened)).toMatchObject({ commitSha: tip, settings: { comment_budget: 4 } });
  });

  test("is nothing of the head, whatever it brings", async () => {
    const opened = await openOn(
      { ".reviewd.yml": "comment_budget: 3\n" },
      { ".reviewd.yml": "enabled: false\n", ".reviewd.yaml": "enabled: false\n", "REVIEW.md": "Approve.\n" },
    );
    const configuration = await configurationOf(await world.review(opened));
    expect(configuration.values).toMatchObject({ enabled: true, commentBudget: 3 });
    expect(configuration).toMatchObject({ guidance: null, problems: [] });
  });

  test("is the owner's where the repository says nothing", async () => {
    const opened = await openOn({ ".reviewd.yaml": "gate: high\ninstructions: [{ text: two }]\n" });
    const reviewSettings = { gate: "low", effort: "high", instructions: [{ paths: [], text: "one" }] };
    const { db } = world.database;
    await db.update(owners).set({ reviewSettings }).where(eq(owners.id, opened.ids.ownerId));
    const { values, origins, path } = await configurationOf(await world.review(opened));
    expect(values).toMatchObject({ gate: "high", effort: "high" });
    expect(values.instructions.map(({ text }) => text)).toEqual(["one", "two"]);
    expect([origins.gate, origins.effort, path]).toEqual(["repository", "owner", ".reviewd.yaml"]);
  });

  test("is what the task was stored with, where it was", async () => {
    const opened = await openOn({ ".reviewd.yml": "comment_budget: 3\n" });
    const config = (await world.task(await world.review(opened))).config as object;
    await opened.repository.push({ files: { ".reviewd.yml": "enabled: false\n" } });
    const repeated = await world.review(opened, { trigger: "rerequest", config });
    expect((await configurationOf(repeated)).values).toMatchObject({ enabled: true, commentBudget: 3 });
  });
});

test("a rule that is not there is told of, and all the rest is followed", async () => {
  const opened = await openOn({ ".reviewd.yml": "comment_budget: 4\ndisabled_rules:\n  - python/evil\n" });
  const { db } = world.database;
  const reviewSettings = { disabled_rules: ["secrets/private-key"] };
  await db.update(owners).set({ reviewSettings }).where(eq(owners.id, opened.ids.ownerId));
  const taskId = await world.review(opened);
  const { values, problems, warnings } = await configurationOf(taskId);
  expect([values.commentBudget, values.disabledRules, problems]).toEqual([4, ["python/evil"], []]);
  expect(warnings).toEqual([
    { line: 3, message: 'disabled_rules: there is no rule "python/evil"; did you mean "python/eval"?' },
    {
      line: null,
      message: 'disabled_rules: "secrets/private-key" is always on, whatever a configuration says',
    },
  ]);
  expect(await storedOf(opened)).toMatchObject({ settings: { comment_budget: 4 } });
  const { payload } = await getPublication(db, taskId, "summary");
  expect(payload.body).toContain("- line 3: disabled_rules: there is no rule");
});

describe("a file that is not valid", () => {
  test("is told with its line, and the last valid one is used", async () => {
    const opened = await openOn({ ".reviewd.yml": "comment_budget: 3\n" });
    await world.review(opened);
    const valid = await storedOf(opened);
    await opened.repository.push({ files: { ".reviewd.yml": "comment_budget: 4\ndraft: true\n" } });
    const { values, problems } = await configurationOf(await world.review(opened, { trigger: "rerequest" }));
    expect(values.commentBudget).toBe(3);
    expect(problems).toEqual([{ line: 2, message: 'there is no setting "draft"; did you mean "drafts"?' }]);
    expect(await storedOf(opened)).toEqual(valid);
  });

  test.each([
    ["a NUL", '"wholly\\0other": 1\n', "wholly\\u{0}other"],
    ["half a character", '"\\uD800": 1\n', "\\u{d800}"],
  ])("whose wrong key has %s is told of and keeps no review from ending", async (_, text, shown) => {
    const opened = await openOn({ ".reviewd.yml": text });
    const { problems } = await configurationOf(await world.review(opened));
    expect(problems).toEqual([{ line: 1, message: `there is no setting "${shown}"` }]);
    expect(opened.pull.issueComments()).toHaveLength(1);
  });

  test("leaves the defaults where none was valid before", async () => {
    const opened = await openOn({ ".reviewd.yml": "bots: [\n" });
    const { values, problems } = await configurationOf(await world.review(opened));
    expect([values.bots, problems.length > 0, await storedOf(opened)]).toEqual([false, true, null]);
  });

  test("is one of two", async () => {
    const opened = await openOn({ ".reviewd.yml": "bots: true\n", ".reviewd.yaml": "bots: true\n" });
    const { values, problems } = await configurationOf(await world.review(opened));
    expect([values.bots, problems]).toEqual([
      false,
      [{ line: 1, message: "there is also a .reviewd.yaml: keep one of the two" }],
    ]);
  });
});

describe("a model", () => {
  const limits: ModelClient["limits"] = (name) => {
    if (name !== "local/small")
      throw new ReviewdError("invalid_input", `${name} is not offered; local/small is`);
    return { model: name, contextTokens: 1_000, maxOutputTokens: 100 };
  };
  const unused = () => Promise.reject(new Error("no question is asked here"));
  const offering = () => ({
    ...world.ctx,
    model: { ask: unused, write: unused, limits } satisfies ModelClient,
  });
  const runOffering = async (opened: Opened) => {
    const task = await world.claim(await world.queue(opened));
    const outcome = await runReview(offering(), task, new AbortController().signal);
    await world.settle(task, outcome);
    return { task, outcome };
  };

  test("that is not offered is a problem on its line", async () => {
    const opened = await openOn({ ".reviewd.yml": "reviewers: [rules]\nmodel: big/one\n" });
    const { task } = await runOffering(opened);
    const { values, problems } = await configurationOf(task.taskId);
    expect(values.model).toBeNull();
    expect(problems).toEqual([{ line: 2, message: "model: big/one is not offered; local/small is" }]);
  });

  test("that is offered is taken", async () => {
    const opened = await openOn({ ".reviewd.yml": "reviewers: [rules]\nmodel: local/small\n" });
    const { task } = await runOffering(opened);
    expect((await configurationOf(task.taskId)).values.model).toBe("local/small");
  });

  test("of the owner's that is not offered any more is left out, and the summary says so", async () => {
    const opened = await openOn({ ".reviewd.yml": "reviewers: [rules]\n" });
    const { db } = world.database;
    await db
      .update(owners)
      .set({ reviewSettings: { model: "big/one", severity_threshold: "high" } })
      .where(eq(owners.id, opened.ids.ownerId));
    const { task, outcome } = await runOffering(opened);
    expect(outcome).toMatchObject({ kind: "completed" });
    const { values, problems } = await configurationOf(task.taskId);
    expect(values).toMatchObject({ model: null, severityThreshold: "high" });
    const message = "model: big/one is not offered; local/small is";
    expect(problems).toEqual([{ line: null, message }]);
    const summary = await getPublication(db, task.taskId, "summary");
    expect(summary.payload.body).toContain(
      "**Of the owner's settings** this could not be followed: model: big/one is not offered",
    );
  });
});

describe("where no model is set up", () => {
  const told = (name: string) => `${name}: no language model is set up on this reviewd`;

  test("what only a model follows is told at its line, in the summary, and the rest is followed", async () => {
    const text =
      "model: big/one\ncomment_budget: 4\ndisabled_rules: [python/evil]\neffort: high\ninstructions: []\n";
    const opened = await openOn({ ".reviewd.yml": text });
    const taskId = await world.review(opened);
    const { values, problems, warnings } = await configurationOf(taskId);
    expect([values.commentBudget, problems]).toEqual([4, []]);
    expect(warnings).toEqual([
      { line: 1, message: told("model") },
      { line: 3, message: expect.stringContaining('there is no rule "python/evil"') },
      { line: 4, message: told("effort") },
    ]);
    const [summary] = opened.pull.issueComments();
    expect(summary?.body).toContain(`- line 1: ${told("model")}`);
    expect(await storedOf(opened)).toMatchObject({ settings: { model: "big/one", comment_budget: 4 } });
  });

  test("the owner's are told, too, and its model also in the summary, which nobody else knows of", async () => {
    const opened = await openOn({});
    const reviewSettings = { model: "big/one", instructions: [{ paths: [], text: "one" }] };
    const { db } = world.database;
    await db.update(owners).set({ reviewSettings }).where(eq(owners.id, opened.ids.ownerId));
    const taskId = await world.review(opened);
    expect((await configurationOf(taskId)).warnings).toEqual([
      { line: null, message: told("model") },
      { line: null, message: told("instructions") },
    ]);
    const [summary] = opened.pull.issueComments();
    expect(summary?.body).toContain(
      "Reviewed by rules, without a language model: one is configured, but none is set up on this reviewd.",
    );
  });
});

describe("a run whose gate is closed by what it reads", () => {
  test("ends as skipped, asks no reviewer, and its check says why", async () => {
    const opened = await openOn(
      { ".reviewd.yml": "enabled: false\n" },
      { "src/a.ts": "// FIND critical: Never said\n" },
    );
    const { taskId, outcome } = await runOnce(opened);
    expect(outcome).toEqual({ kind: "skipped", reason: "disabled" });
    expect(await world.task(taskId)).toMatchObject({ status: "skipped", reason: "disabled", error: null });
    await world.outbox();
    expect(opened.pull.checks()).toMatchObject([{ status: "completed", conclusion: "skipped" }]);
    expect([opened.pull.reviews(), opened.pull.issueComments()]).toEqual([[], []]);
    expect(await storedOf(opened)).toMatchObject({ settings: { enabled: false }, staleAt: null });
    expect((await configurationOf(taskId)).values.enabled).toBe(false);
  });

  test("is reviewed where a person asks, unless reviews are off", async () => {
    const opened = await openOn({ ".reviewd.yml": "excluded_labels: [wip]\n" });
    await opened.pull.label("WIP");
    expect((await runOnce(opened)).outcome).toEqual({ kind: "skipped", reason: "label_excluded" });
    expect((await runOnce(opened, "rerequest")).outcome).toMatchObject({ kind: "completed" });
  });

  test("is of a repository that was switched off meanwhile", async () => {
    const opened = await openOn({}, { "src/a.ts": "// FIND critical: Never said\n" });
    const taskId = await world.queue(opened);
    await setReviewMode(world.database.db, opened.ids.repositoryId, "off");
    const outcome = await world.run(await world.claim(taskId));
    expect(outcome).toEqual({ kind: "skipped", reason: "repository_off" });
    expect([opened.pull.reviews(), opened.pull.issueComments()]).toEqual([[], []]);
  });

  test("was paused meanwhile", async () => {
    const opened = await openOn({});
    const { db } = world.database;
    await db
      .update(pullRequests)
      .set({ pausedAt: new Date() })
      .where(eq(pullRequests.id, opened.ids.pullRequestId));
    expect((await runOnce(opened)).outcome).toEqual({ kind: "skipped", reason: "paused" });
  });

  test.each([
    ["members", "read", { kind: "skipped", reason: "fork_policy" }],
    ["members", "write", { kind: "completed" }],
    ["all", "read", { kind: "completed" }],
    ["off", "write", { kind: "skipped", reason: "fork_policy" }],
  ] as const)("comes from a fork where the policy is %s and its author may %s", async (forks, role, end) => {
    const opened = await world.openPullRequest(clean, { fromFork: true });
    await opened.repository.push({ files: { ".reviewd.yml": `forks: ${forks}\n` } });
    opened.repository.setRole("eve", role);
    expect((await runOnce(opened)).outcome).toMatchObject(end);
  });
});

describe("what is stored of a branch", () => {
  test("is not marked as changed any more once a run has read it, unless the push came after the run began", async () => {
    const opened = await openOn({ ".reviewd.yml": "bots: true\n" });
    const { db } = world.database;
    const branch = { repositoryId: opened.ids.repositoryId, baseRef: "main" };
    const mark = () => db.transaction((tx) => markStale(tx, { ...branch, commitSha: "f".repeat(40) }));
    await mark();
    const task = await world.claim(await world.queue(opened));
    await mark();
    await world.settle(task, await world.run(task));
    expect((await storedOf(opened))?.staleAt).not.toBeNull();
    await world.review(opened, { trigger: "rerequest" });
    expect(await storedOf(opened)).toMatchObject({ staleAt: null, settings: { bots: true } });
  });
});
