import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { moveToSummary } from "../../../src/adapters/postgres/findings.ts";
import { contents, findings } from "../../../src/adapters/postgres/schema.ts";
import {
  findTaskRecords,
  replaceTaskRecords,
  type TaskRecord,
} from "../../../src/adapters/postgres/task-records.ts";
import { cutSections } from "../../../src/adapters/reviewer/model/budget/cut-sections.ts";
import type { ModelCall } from "../../../src/adapters/reviewer/model/model-call.ts";
import { ModelError } from "../../../src/adapters/reviewer/model/model-client.ts";
import { readFindings } from "../../../src/adapters/reviewer/model/prompt/read-findings.ts";
import type { ReportedFinding } from "../../../src/adapters/reviewer/model/prompt/review-answer.ts";
import type { Reviewer } from "../../../src/adapters/reviewer/reviewer.ts";
import { packRecord, unpackRecord } from "../../../src/domain/replay/packed-record.ts";
import { type ReplayOutcome, replayTask } from "../../../src/domain/replay/replay-task.ts";
import type { RecordedDecision } from "../../../src/domain/replay/run-record.ts";
import { runReview } from "../../../src/domain/review/run-review.ts";
import { outcomeOfError } from "../../../src/domain/task/outcome-of-error.ts";
import { runReviewd } from "../../support/run-reviewd.ts";
import { createMarkReviewer } from "../review/mark-reviewer.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "../review/review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const call: ModelCall = {
  ...{ purpose: "review", model: "scripted/one", promptHash: "f".repeat(64), outcome: "answered" },
  ...{ usage: { inputTokens: 12, cachedInputTokens: 0, outputTokens: 3 }, cost: null, durationMs: 1_500 },
  ...{ request: { system: "You review.", prompt: "Look at this." }, response: '{"findings":[]}' },
};

const reported: ReportedFinding = {
  ...{ path: "a.ts", start_line: 1, line: 1, quote: "", severity: "high", category: "correctness" },
  ...{ title: "Prices are text", body: "Said by a model.", suggestion: "number();", confidence: "high" },
};

/** Answers a call about all that was changed, and reads its answer as the reviewer does. */
function aModel(then?: () => never): Reviewer {
  return {
    name: "model",
    review: async (input) => {
      const shown = {
        files: input.files.map((file) => ({
          file,
          sections: cutSections(file, { lines: null, room: 1_000 }),
        })),
      };
      await input.onModelCall({ ...call, response: JSON.stringify({ findings: [reported] }) }, shown);
      then?.();
      const paths = new Set(input.files.map(({ path }) => path));
      const { findings } = readFindings([reported], shown, paths);
      return { findings, reviewedPaths: [...paths], notReviewed: [] };
    },
  };
}

async function reviewWith(model: Reviewer, opened: Opened): Promise<string> {
  const taskId = await world.queue(opened);
  const reviewers = { rules: createMarkReviewer(), model };
  const configured = { limits: () => ({ model: "scripted/one", contextTokens: 1, maxOutputTokens: 1 }) };
  const ctx = { ...world.ctx, reviewers, model: configured as unknown as typeof world.ctx.model };
  const task = await world.claim(taskId);
  const run = runReview(ctx, task, new AbortController().signal);
  await world.settle(task, await run.catch((error) => outcomeOfError(error)));
  return taskId;
}

const replay = (taskId: string) => replayTask(world.ctx, taskId);

async function replayed(taskId: string): Promise<Extract<ReplayOutcome, { kind: "replayed" }>> {
  const { outcome } = await replay(taskId);
  if (outcome.kind !== "replayed") throw new Error(outcome.why);
  return outcome;
}

const differences = async (taskId: string) =>
  (await replayed(taskId)).comparisons.filter(({ difference }) => difference !== null);

describe("a review of a first push and of a second one", () => {
  let first: string;
  let second: string;
  let opened: Opened;
  beforeAll(async () => {
    opened = await world.openPullRequest({
      "src/cart.ts": "let a = 1;\n// FIND critical: Prices are text\n// FIND-FAR low: Far away\n",
      "src/list.ts": "// FIND medium: A list is empty\n",
    });
    first = await world.review(opened);
    await opened.pull.push({ files: { "src/list.ts": null, "src/new.ts": "// FIND high: Something new\n" } });
    await world.database.db.execute(`update pull_requests set head_sha = '${opened.pull.headSha}'
      where id = '${opened.ids.pullRequestId}'`);
    second = await world.review(opened);
  });

  test("gives the same findings byte for byte, with why each was said where it was", async () => {
    expect(await differences(first)).toEqual([]);
    const { findings: told } = await replayed(first);
    expect(told.map(({ finding, why }) => [finding.title, why])).toEqual([
      ["Prices are text", "a comment in the diff"],
      [
        "Far away",
        "said in the summary: its lines are not all in one part of the diff, where a comment could be",
      ],
      ["A list is empty", "a comment in the diff"],
    ]);
  });

  test("knows again what it knew of the push before", async () => {
    expect(await differences(second)).toEqual([]);
    const { findings: told, settled } = await replayed(second);
    const whys = new Map(told.map(({ finding, why }) => [finding.title, why]));
    expect(whys.get("Prices are text")).toStartWith("not said again: it is known from an earlier review as ");
    expect(whys.get("Something new")).toBe("a comment in the diff");
    expect(settled.map(({ kind, origin }) => [kind, origin.title])).toEqual([["gone", "A list is empty"]]);
  });

  test("is told by the command, for people and for programs", async () => {
    const env = { DATABASE_URL: world.database.url };
    const text = await runReviewd(["replay", first], { env });
    expect([text.exitCode, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toContain("1. critical  src/cart.ts:2  (rules, mark)\n   │ Prices are text\n");
    expect(text.stdout).toEndWith("The same byte for byte: 3 findings reported, and what became of them.");
    const json = await runReviewd(["replay", first, "--json"], { env });
    expect(json.exitCode).toBe(0);
    const document = JSON.parse(json.stdout);
    expect(document).toMatchObject({ version: 1, task: { id: first, status: "completed" } });
    expect(document.outcome.findings).toHaveLength(3);
    expect(document.configuration.values.commentBudget).toBe(25);
    expect(document.input.files.map(({ path }: { path: string }) => path)).toContain("src/cart.ts");
  });

  test("keeps what both saw once", async () => {
    const digests = async (taskId: string) =>
      (await findTaskRecords(world.ctx.db, taskId)).map(({ digest }) => Buffer.from(digest).toString("hex"));
    const all = [...(await digests(first)), ...(await digests(second))];
    const stored = await world.database.db.select({ digest: contents.digest }).from(contents);
    expect(new Set(stored.map(({ digest }) => Buffer.from(digest).toString("hex")))).toEqual(new Set(all));
  });
});

describe("with a language model", () => {
  test("what it was asked and answered is kept, and what two report is one finding", async () => {
    const opened = await world.openPullRequest({ "a.ts": "// FIND high: Prices are text\n" });
    const taskId = await reviewWith(aModel(), opened);
    const { record } = await replay(taskId);
    expect(record.prompts).toMatchObject([{ ...call.request, shown: [{ path: "a.ts" }] }]);
    expect(record.answers).toMatchObject([
      { model: "scripted/one", outcome: "answered", response: JSON.stringify({ findings: [reported] }) },
    ]);
    expect((await replayed(taskId)).comparisons.map(({ what }) => what)).toEqual([
      "answers",
      "decision",
      "findings",
    ]);
    expect(await differences(taskId)).toEqual([]);
    const whys = (await replayed(taskId)).findings.map(({ finding, why }) => [finding.reviewer, why]);
    expect(whys).toEqual([
      ["rules", "a comment in the diff"],
      ["model", "merged: said in the words of finding 1"],
    ]);
  });

  test("findings that are not what the model answered are a difference", async () => {
    const opened = await world.openPullRequest({ "a.ts": "// FIND high: Prices are text\n" });
    const taskId = await reviewWith(aModel(), opened);
    const records = await findTaskRecords(world.ctx.db, taskId);
    const other = { ...call, response: JSON.stringify({ findings: [{ ...reported, severity: "low" }] }) };
    const answer = await packRecord({ kind: "answer", ordinal: 0 }, other);
    const changed = [...records.filter(({ kind }) => kind !== "answer"), answer];
    await world.database.db.transaction((tx) => replaceTaskRecords(tx, taskId, changed));
    const [{ what, difference } = {}] = await differences(taskId);
    expect(what).toBe("answers");
    expect(difference).toMatch(/-.*"severity": "high"[\s\S]*\+.*"severity": "low"/);
  });

  test("what a review saw that failed is kept, too", async () => {
    const opened = await world.openPullRequest(
      { "a.ts": "// FIND high: Prices are text\n" },
      { baseFiles: { ".reviewd.yml": "reviewers: [model]\n" } },
    );
    const fails = aModel(() => {
      throw new ModelError("refused", "not this one");
    });
    const taskId = await reviewWith(fails, opened);
    expect((await world.task(taskId)).status).toBe("failed");
    const { record, outcome } = await replay(taskId);
    expect(record.answers).toHaveLength(1);
    expect(outcome).toMatchObject({
      kind: "not_replayed",
      why: expect.stringContaining("its review failed"),
    });
    const text = await runReviewd(["replay", taskId], { env: { DATABASE_URL: world.database.url } });
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain(
      "call 1: review, scripted/one, answered, 12 tokens in (0 cached), 3 out, 1.5 s",
    );
  });
});

describe("what is not as it was", () => {
  let taskId: string;
  let records: readonly TaskRecord[];
  beforeAll(async () => {
    const opened = await world.openPullRequest({
      "a.ts": "// FIND high: Prices are text\n// FIND low: Names\n",
    });
    taskId = await world.review(opened);
    records = await findTaskRecords(world.ctx.db, taskId);
  });

  const withRecords = (changed: readonly TaskRecord[]) =>
    world.database.db.transaction((tx) => replaceTaskRecords(tx, taskId, changed));

  async function decision(): Promise<RecordedDecision> {
    const record = records.find(({ kind, ordinal }) => kind === "review" && ordinal === 1);
    const unpacked = record && (await unpackRecord(record));
    if (unpacked?.kind !== "kept") throw new Error("no decision is recorded");
    return unpacked.value as RecordedDecision;
  }

  test("a comment the forge did not take is no difference, and is told of", async () => {
    const [first] = await world.findings(taskId);
    await world.database.db.transaction((tx) => moveToSummary(tx, [first?.id ?? ""]));
    const { findings: told, comparisons } = await replayed(taskId);
    expect(comparisons.map(({ difference }) => difference)).toEqual([null, null]);
    expect(told[0]?.why).toBe("said in the summary: the forge did not take its comment");
    await world.database.db
      .update(findings)
      .set({ disposition: "inline" })
      .where(eq(findings.id, first?.id ?? ""));
  });

  test("a stored finding that was changed is shown, with exit code 1", async () => {
    const [, second] = await world.findings(taskId);
    const change = (title: string) =>
      world.database.db
        .update(findings)
        .set({ title })
        .where(eq(findings.id, second?.id ?? ""));
    await change("Other names");
    const { exitCode, stdout } = await runReviewd(["replay", taskId], {
      env: { DATABASE_URL: world.database.url },
    });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("NOT the same: the stored findings are others");
    expect(stdout).toMatch(/│ - +"title": "Other names",\n +│ \+ +"title": "Names",/);
    await change("Names");
  });

  test("what a version would decide otherwise is shown", async () => {
    const recorded = await decision();
    const [first, ...others] = recorded.decided.findings;
    if (!first) throw new Error("nothing was found");
    const decided = { ...recorded.decided, findings: [{ ...first, anchor: "another" }, ...others] };
    const changed = await packRecord({ kind: "review", ordinal: 1 }, { ...recorded, decided });
    await withRecords([
      ...records.filter(({ kind, ordinal }) => kind !== "review" || ordinal !== 1),
      changed,
    ]);
    const [{ what, difference } = {}] = await differences(taskId);
    expect(what).toBe("decision");
    expect(difference).toContain('"anchor": "another"');
    await withRecords(records);
  });

  test("what was too large to be kept cannot be replayed, and is named", async () => {
    const input = await packRecord({ kind: "input", ordinal: 0 }, "x".repeat(1_998), { maxBytes: 1_999 });
    await withRecords([...records.filter(({ kind }) => kind !== "input"), input]);
    const { outcome } = await replay(taskId);
    expect(outcome).toMatchObject({ why: "its input was not recorded: it is too large (2,000 bytes)" });
    await withRecords(records);
  });

  test("what another version recorded in another shape is not guessed at", async () => {
    const input = await packRecord({ kind: "input", ordinal: 0 }, { format: 0 });
    await withRecords([...records.filter(({ kind }) => kind !== "input"), input]);
    expect((await replay(taskId)).outcome).toMatchObject({ why: expect.stringContaining("another version") });
    await withRecords(records);
  });

  test("a record that is not kept any more", async () => {
    await withRecords([]);
    expect((await replay(taskId)).outcome).toMatchObject({
      why: expect.stringContaining("RECORD_RETENTION_DAYS"),
    });
    await withRecords(records);
    expect(await differences(taskId)).toEqual([]);
  });

  test("a task that was never reviewed, and one that does not exist", async () => {
    const opened = await world.openPullRequest({ "a.ts": "export {};\n" });
    const id = await world.queue(opened);
    expect((await replay(id)).outcome).toMatchObject({ why: "it was never reviewed: it is pending" });
    const env = { DATABASE_URL: world.database.url };
    const unknown = await runReviewd(["replay", Bun.randomUUIDv7()], { env });
    expect([unknown.exitCode, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain("there is no task");
  });
});
