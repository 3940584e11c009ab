import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import type { FileDiff } from "../../../../src/adapters/git/diff.ts";
import type { ModelCall } from "../../../../src/adapters/reviewer/model/model-call.ts";
import {
  createModelReviewer,
  type ModelReviewerOptions,
} from "../../../../src/adapters/reviewer/model/model-reviewer.ts";
import { reviewPromptHash } from "../../../../src/adapters/reviewer/model/prompt/review-prompt.ts";
import type { ReviewInput } from "../../../../src/adapters/reviewer/reviewer.ts";
import { eventually } from "../../../support/eventually.ts";
import { type ModelServer, startModelServer } from "../../../support/model-server/model-server.ts";
import { fail, hang, type Reply, refuse, say } from "../../../support/model-server/reply.ts";
import { clientOf, modelErrorOf, models } from "./ask-server.ts";
import { addedFile, emptyBrief } from "./sample-brief.ts";

const server = await startModelServer();
afterAll(() => server.close());
const client = clientOf(server, { concurrency: 64 });

const none = say({ findings: [] });

function finding(values: object = {}) {
  return {
    path: "src/a.ts",
    start_line: 2,
    line: 2,
    quote: "const b = 2;",
    severity: "high",
    category: "Correctness",
    title: "b is never used",
    body: "It is set and then forgotten.",
    suggestion: null,
    confidence: "high",
    ...values,
  };
}

const lines = ["const a = 1;", "const b = 2;", "const c = 3;"];

interface Asked {
  readonly options?: Partial<ModelReviewerOptions>;
  readonly input?: Partial<ReviewInput>;
}

function review(files: readonly FileDiff[], { options = {}, input = {} }: Asked = {}) {
  const calls: ModelCall[] = [];
  const log = pino({ level: "silent" });
  const reviewer = createModelReviewer(client, { log, maxReviewTokens: 500_000, ...options });
  const done = reviewer.review({
    files,
    readFile: async () => null,
    signal: new AbortController().signal,
    isExcluded: () => false,
    disabledRules: new Set(),
    brief: { ...emptyBrief, model: models.messages },
    onModelCall: async (call) => void calls.push(call),
    ...input,
  });
  return { done, calls };
}

/** So many files that each is a part of its own. */
const onePerPart = { maxPartTokens: 3_500 };
function bigFiles(count: number): readonly FileDiff[] {
  const many = Array.from({ length: 90 }, (_, i) => `const value${i} = compute(${i});`);
  return Array.from({ length: count }, (_, i) => addedFile(`src/file-${i}.ts`, many));
}

function pathIn({ prompt }: ModelServer["questions"][number]): string {
  return /^path: "(.*)"$/m.exec(prompt)?.[1] ?? "";
}

test("what the model found is told in our terms", async () => {
  server.follow([say({ findings: [finding({ suggestion: "use(2);" })] })]);
  const { done, calls } = review([addedFile("src/a.ts", lines)]);
  expect(await done).toEqual({
    findings: [
      {
        reviewer: "model",
        ruleId: null,
        path: "src/a.ts",
        startLine: 2,
        line: 2,
        severity: "high",
        category: "correctness",
        title: "b is never used",
        body: "It is set and then forgotten.",
        suggestion: "use(2);",
      },
    ],
    reviewedPaths: ["src/a.ts"],
    notReviewed: [],
  });
  expect(calls).toMatchObject([{ purpose: "review", outcome: "answered", promptHash: reviewPromptHash }]);
});

test("where there is nothing to read, nothing is asked", async () => {
  const before = server.questions.length;
  expect(await review([addedFile("bun.lock", ["{}"])]).done).toEqual({
    findings: [],
    reviewedPaths: [],
    notReviewed: [{ path: "bun.lock", reason: "lock_file" }],
  });
  expect(server.questions.length).toBe(before);
});

test("several parts are asked about at once, but no more than that", async () => {
  await using own = await startModelServer();
  const waiting: (() => void)[] = [];
  own.follow(async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return none;
  });
  const reviewer = createModelReviewer(clientOf(own, { concurrency: 64 }), {
    log: pino({ level: "silent" }),
    maxReviewTokens: 500_000,
    parallel: 3,
    ...onePerPart,
  });
  const files = bigFiles(7);
  const done = reviewer.review({
    files,
    readFile: async () => null,
    signal: new AbortController().signal,
    isExcluded: () => false,
    disabledRules: new Set(),
    brief: { ...emptyBrief, model: models.messages },
    onModelCall: async () => {},
  });
  for (const asked of [3, 6, 7]) {
    await eventually(() => expect(own.questions.length).toBe(asked));
    for (const answer of waiting.splice(0)) answer();
  }
  expect((await done).reviewedPaths).toHaveLength(7);
  expect(own.mostAtOnce()).toBe(3);
});

describe("when a part fails", () => {
  const failing = (path: string, reply: Reply) =>
    server.follow((question) => (pathIn(question) === path ? reply : none));

  test.each([
    ["refuses", refuse()],
    ["answers in no form, and again", say("No.")],
    ["is empty", say("")],
  ])("the model %s: its files are told as not reviewed, the others as reviewed", async (_, reply) => {
    failing("src/file-1.ts", reply);
    const { reviewedPaths, notReviewed } = await review(bigFiles(3), { options: onePerPart }).done;
    expect(reviewedPaths).toEqual(["src/file-0.ts", "src/file-2.ts"]);
    expect(notReviewed).toEqual([{ path: "src/file-1.ts", reason: "model_failed" }]);
  });

  test("for now, it is asked about once more, and the others are not", async () => {
    let failures = 0;
    server.follow((question) => {
      if (pathIn(question) !== "src/file-1.ts" || failures++ > 0) return none;
      return fail(429, "rate_limit_error", "slow", { headers: { "retry-after-ms": "5" } });
    });
    const { done, calls } = review(bigFiles(3), { options: onePerPart });
    expect((await done).notReviewed).toEqual([]);
    expect(calls.map(({ outcome }) => outcome).toSorted()).toEqual([
      "answered",
      "answered",
      "answered",
      "rate_limited",
    ]);
  });

  test("again, its files are not reviewed", async () => {
    failing("src/file-1.ts", fail(429, "rate_limit_error", "slow", { headers: { "retry-after-ms": "5" } }));
    const { done, calls } = review(bigFiles(2), { options: onePerPart });
    expect(await done).toMatchObject({
      reviewedPaths: ["src/file-0.ts"],
      notReviewed: [{ path: "src/file-1.ts", reason: "model_failed" }],
    });
    expect(calls).toHaveLength(3);
  });
});

describe("an answer that did not fit", () => {
  test.each([
    ["was cut off", say('{"findings": [', { finish: "length" })],
    ["was of too long a question", fail(400, "invalid_request_error", "prompt is too long: 9 > 8 maximum")],
  ])("because it %s: the part is asked about in two halves", async (_, reply) => {
    const [file] = bigFiles(1);
    if (!file) throw new Error("there is a file");
    server.follow((_question, index) => (index === 0 ? reply : none));
    const { done, calls } = review([file]);
    expect(await done).toEqual({ findings: [], reviewedPaths: [file.path], notReviewed: [] });
    expect(calls).toHaveLength(3);
    const halves = server.questions.slice(-2).map(({ prompt }) => prompt.match(/^\d+ \+ /gm)?.length);
    expect(halves).toEqual([45, 45]);
  });

  test("nor in halves: what was read counts", async () => {
    server.follow((_question, index) => (index === 2 ? none : say("{", { finish: "length" })));
    const [file] = bigFiles(1);
    const { notReviewed } = await review(file ? [file] : []).done;
    expect(notReviewed).toEqual([{ path: "src/file-0.ts", reason: "model_failed", lines: 45 }]);
  });
});

describe("when no part is answered", () => {
  test.each([
    ["rate_limited", fail(429, "rate_limit_error", "slow", { headers: { "retry-after": "7" } }), 7_000],
    ["unavailable", fail(529, "overloaded_error", "Overloaded"), undefined],
    ["refused", refuse(), undefined],
    ["invalid_output", say("No."), undefined],
    ["cut_off", say("{", { finish: "length" }), undefined],
  ] as const)("the review fails as the model did: %s", async (outcome, reply, retryAfterMs) => {
    server.follow(() => reply);
    const { done } = review(bigFiles(2), { options: onePerPart });
    const error = await modelErrorOf(done);
    expect(error.outcome).toBe(outcome);
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  test("because the key is wrong, it is not tried with each part", async () => {
    server.follow(() => fail(401, "authentication_error", "invalid x-api-key"));
    const { done, calls } = review(bigFiles(5), { options: { ...onePerPart, parallel: 1 } });
    expect((await modelErrorOf(done)).outcome).toBe("unauthorized");
    expect(calls).toHaveLength(1);
  });
});

describe("the deadline", () => {
  test("costs the files that were not answered in time; what was found is kept", async () => {
    server.follow((question) => {
      if (pathIn(question) === "src/file-1.ts") return hang();
      return say({ findings: [finding({ path: pathIn(question) })] });
    });
    const { findings, notReviewed } = await review(bigFiles(3), {
      options: { ...onePerPart, deadlineMs: 3_000 },
    }).done;
    expect(findings.map(({ path }) => path)).toEqual(["src/file-0.ts", "src/file-2.ts"]);
    expect(notReviewed).toEqual([{ path: "src/file-1.ts", reason: "timed_out" }]);
  });

  test("with no answer at all is a failure that may pass", async () => {
    server.follow(() => hang());
    const { done, calls } = review(bigFiles(2), { options: { ...onePerPart, deadlineMs: 300 } });
    const error = await modelErrorOf(done);
    expect([error.outcome, error.code]).toEqual(["timed_out", "unavailable"]);
    await eventually(() => expect(calls.map(({ outcome }) => outcome)).toEqual(["aborted", "aborted"]));
  });
});

test("a review that is stopped ends at once with the reason, and asks nothing more", async () => {
  const stop = new AbortController();
  const before = server.questions.length;
  server.follow(() => hang());
  const { done } = review(bigFiles(4), {
    options: { ...onePerPart, parallel: 1 },
    input: { signal: stop.signal },
  });
  await eventually(() => expect(server.questions.length).toBe(before + 1));
  stop.abort("superseded");
  expect(await done.catch((reason) => reason)).toBe("superseded");
  expect(server.questions.length).toBe(before + 1);
});

test("a bug in accounting is no failure of the model", async () => {
  server.follow(() => none);
  const onModelCall = async () => {
    throw new Error("the ledger is full");
  };
  const { done } = review(bigFiles(2), { options: onePerPart, input: { onModelCall } });
  expect(await done.catch(String)).toBe("Error: the ledger is full");
});
