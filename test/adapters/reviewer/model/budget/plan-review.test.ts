import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FileDiff } from "../../../../../src/adapters/git/diff.ts";
import { maskLine } from "../../../../../src/adapters/reviewer/mask-secrets.ts";
import { estimateTokens } from "../../../../../src/adapters/reviewer/model/budget/estimate-tokens.ts";
import { type Part, splitPart } from "../../../../../src/adapters/reviewer/model/budget/part.ts";
import { type Plan, planReview } from "../../../../../src/adapters/reviewer/model/budget/plan-review.ts";
import { measureRoom, measureWindow } from "../../../../../src/adapters/reviewer/model/model-reviewer.ts";
import { fitBrief, reviewPrompt } from "../../../../../src/adapters/reviewer/model/prompt/review-prompt.ts";
import { visibleLine } from "../../../../../src/adapters/reviewer/model/prompt/visible-text.ts";
import { measureReading } from "../../../../../src/adapters/reviewer/model/settle-parts.ts";
import type { Brief } from "../../../../../src/adapters/reviewer/reviewer.ts";
import { ReviewdError } from "../../../../../src/errors.ts";
import { addedFile, emptyBrief } from "../sample-brief.ts";
import { arbitraryDiff, type DiffWithFiles } from "./arbitrary-diff.ts";

const signal = new AbortController().signal;

async function plan(
  diff: DiffWithFiles,
  { contextTokens = 128_000, brief = emptyBrief, maxReviewTokens = 500_000, excluded = "" } = {},
) {
  const window = measureWindow({ model: "a/b", contextTokens, maxOutputTokens: 8_000 }, 60_000);
  const fitted = fitBrief(brief, window.inputTokens);
  const isExcluded = (path: string) => excluded !== "" && path.includes(excluded);
  const planned = await planReview(
    { ...diff, signal, isExcluded },
    measureRoom(fitted, window, maxReviewTokens),
  );
  return { plan: planned, window, brief: fitted };
}

function diffOf(files: readonly FileDiff[], contents: Readonly<Record<string, string>> = {}): DiffWithFiles {
  return {
    files,
    readFile: async (path) => (path in contents ? new TextEncoder().encode(contents[path]) : null),
  };
}

const answered = (parts: readonly Part[]) =>
  parts.map((part) => ({ kind: "answered" as const, part, answer: null }));

describe("whatever the diff and the window", () => {
  const settings = fc.record({
    contextTokens: fc.oneof(
      fc.integer({ min: 100, max: 4_000 }),
      fc.integer({ min: 4_000, max: 7_000 }),
      fc.integer({ min: 7_000, max: 30_000 }),
      fc.constant(200_000),
    ),
    maxReviewTokens: fc.oneof(fc.constant(500_000), fc.integer({ min: 0, max: 30_000 })),
    brief: fc.constantFrom(emptyBrief, longBrief()),
    excluded: fc.constantFrom("", "3/", "src"),
  });

  test("every changed line is in exactly one part or counted, and every file is accounted for once", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryDiff, settings, async (diff, chosen) => {
        const made = await plan(diff, chosen);
        expectAccounted(diff, made.plan, made.plan.parts);
      }),
      { numRuns: 300 },
    );
  });

  test("no part exceeds the window, nor all parts the budget, and every line can be read in its prompt", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryDiff, settings, async (diff, chosen) => {
        const { plan: made, window, brief } = await plan(diff, chosen);
        let total = 0;
        for (const part of made.parts) {
          const { system, prompt } = reviewPrompt(brief, part);
          const tokens = estimateTokens(system) + estimateTokens(prompt);
          total += tokens;
          expect(tokens).toBeLessThanOrEqual(window.inputTokens + 0.001);
          expect(tokens + window.outputTokens).toBeLessThanOrEqual(chosen.contextTokens);
          for (const line of linesOf(part)) expect(prompt).toContain(line);
        }
        expect(total).toBeLessThanOrEqual(chosen.maxReviewTokens + 0.001);
      }),
      { numRuns: 150 },
    );
  });

  test("where there is room, nothing is left unread but lines that are too long", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryDiff,
        fc.constantFrom(4_500, 12_000, 200_000),
        async (diff, contextTokens) => {
          const { plan: made } = await plan(diff, { contextTokens, maxReviewTokens: 100_000_000 });
          const { notReviewed } = measureReading(made, answered(made.parts));
          for (const { path, reason } of notReviewed) {
            if (reason !== "over_budget") continue;
            const file = diff.files.find((one) => one.path === path);
            const lines = file?.hunks.flatMap((hunk) => hunk.lines) ?? [];
            const longest = Math.max(...lines.map(({ text }) => estimateTokens(visibleLine(text))));
            expect(longest).toBeGreaterThan(contextTokens < 5_000 ? 200 : 1_400);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a part divided in two is still all of it", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryDiff, settings, async (diff, chosen) => {
        const { plan: made } = await plan(diff, chosen);
        const parts = made.parts.flatMap((part) => splitPart(part) ?? [part]);
        expectAccounted(diff, made, parts);
      }),
      { numRuns: 150 },
    );
  });
});

function expectAccounted(diff: DiffWithFiles, made: Plan, parts: readonly Part[]): void {
  const { reviewedPaths, notReviewed } = measureReading(made, answered(parts));
  const told = [...reviewedPaths, ...notReviewed.map(({ path }) => path)];
  expect(told.toSorted()).toEqual(diff.files.map(({ path }) => path).toSorted());
  const missed = new Map(notReviewed.map((one) => [one.path, one]));
  for (const file of diff.files) {
    const changed = file.hunks.flatMap(({ lines }) => lines).filter(({ kind }) => kind !== "context");
    const rows = parts
      .flatMap(({ files }) => files)
      .filter((one) => one.file === file)
      .flatMap(({ sections }) => sections.flatMap((section) => section.rows));
    const numbers = rows.flatMap(({ newLine }) => (newLine === null ? [] : [newLine]));
    expect(new Set(numbers).size).toBe(numbers.length);
    const shown = rows.filter(({ kind, isShown }) => isShown && (kind === "added" || kind === "deleted"));
    const unread = changed.length - shown.length;
    const told = missed.get(file.path);
    if (!told) expect(unread).toBe(0);
    else expect(told.lines ?? changed.length).toBe(unread);
    const added = shown.flatMap(({ kind, newLine, text }) =>
      kind === "added" ? [`${newLine} ${text}`] : [],
    );
    const there = new Set(
      changed.flatMap((one) => (one.kind === "added" ? [`${one.newLine} ${maskLine(one.text)}`] : [])),
    );
    expect(added.filter((one) => !there.has(one))).toEqual([]);
  }
}

function linesOf({ files }: Part): readonly string[] {
  return files.flatMap(({ sections }) =>
    sections.flatMap(({ rows }) =>
      rows.flatMap((row) =>
        row.isShown && row.kind === "added" ? [`\n${row.newLine} + ${visibleLine(row.text)}\n`] : [],
      ),
    ),
  );
}

function longBrief(): Brief {
  return {
    ...emptyBrief,
    guidance: "Mind the money. ".repeat(600),
    pullRequest: { title: "T".repeat(400), body: "why ".repeat(5_000), baseRef: "main" },
    instructions: [
      { paths: ["src/*"], text: "Be strict. ".repeat(60), appliesTo: (path) => path.includes("src/") },
      { paths: [], text: "In English.", appliesTo: () => true },
    ],
    earlier: Array.from({ length: 30 }, (_, line) => ({
      path: "src/a.ts",
      line,
      title: "A title of an earlier finding",
      verdict: "open" as const,
      replies: ["no", "yes"],
    })),
  };
}

describe("what is left out", () => {
  test("binary, generated, vendored, lock and excluded files, with the reason", async () => {
    const marked = addedFile("src/client.ts", ["// Code generated by protoc. DO NOT EDIT.", "export {};"]);
    const files = [
      addedFile("src/a.ts", ["a"]),
      addedFile("bun.lock", ["{}"]),
      addedFile("vendor/lib/x.go", ["package x"]),
      addedFile("api/user.pb.go", ["package api"]),
      addedFile("web/app.min.js", ["a()"]),
      marked,
      addedFile("legacy/a.ts", ["a"]),
      { ...addedFile("a.png", []), binary: true, hunks: [] },
    ];
    const contents = { "src/client.ts": "// Code generated by protoc. DO NOT EDIT.\nexport {};\n" };
    const { plan: made } = await plan(diffOf(files, contents), { excluded: "legacy/" });
    expect(measureReading(made, answered(made.parts))).toEqual({
      reviewedPaths: ["src/a.ts"],
      notReviewed: [
        { path: "a.png", reason: "binary" },
        { path: "api/user.pb.go", reason: "generated" },
        { path: "bun.lock", reason: "lock_file" },
        { path: "legacy/a.ts", reason: "excluded" },
        { path: "vendor/lib/x.go", reason: "vendored" },
        { path: "web/app.min.js", reason: "generated" },
        { path: "src/client.ts", reason: "generated" },
      ],
    });
  });

  test("a marker that this diff puts into a file that was there hides nothing", async () => {
    const file: FileDiff = { ...addedFile("src/a.ts", ["// @generated", "steal();"]), change: "modified" };
    const { plan: made } = await plan(diffOf([file], { "src/a.ts": "// @generated\nsteal();\n" }));
    expect(made.leftOut).toEqual([]);
    expect(made.parts).toHaveLength(1);
  });
});

describe("the order", () => {
  test("what costs most when it is wrong, source, tests, configuration, docs", async () => {
    const paths = [
      "docs/use.md",
      "package.json",
      "test/cart.test.ts",
      "src/cart.ts",
      "src/auth/login.ts",
      "db/migrations/1.sql",
      ".github/workflows/ci.yml",
    ];
    const { plan: made } = await plan(diffOf(paths.map((path) => addedFile(path, ["x"]))));
    expect(made.parts.flatMap(({ files }) => files.map(({ file }) => file.path))).toEqual([
      ".github/workflows/ci.yml",
      "db/migrations/1.sql",
      "src/auth/login.ts",
      "src/cart.ts",
      "test/cart.test.ts",
      "package.json",
      "docs/use.md",
    ]);
  });

  test("what does not fit the budget is the least important, and is counted", async () => {
    const lines = Array.from({ length: 250 }, (_, i) => `const value${i} = compute(${i});`);
    const files = ["docs/use.md", "src/cart.ts", "src/auth.ts"].map((path) => addedFile(path, lines));
    const { plan: made } = await plan(diffOf(files), { maxReviewTokens: 8_000 });
    const { reviewedPaths, notReviewed } = measureReading(made, answered(made.parts));
    expect(reviewedPaths).toEqual(["src/auth.ts"]);
    expect(notReviewed.map(({ path, reason }) => [path, reason])).toEqual([
      ["src/cart.ts", "over_budget"],
      ["docs/use.md", "over_budget"],
    ]);
  });
});

describe("what surrounds a change", () => {
  const source = [
    "import x from 'x';",
    "",
    "export function total(items) {",
    "  let sum = 0;",
    "  for (const item of items) {",
    "    sum += item.price;",
    "    count(item);",
    "    log(item);",
    "  }",
    "  return sum;",
    "}",
    "",
    "export function other() {}",
  ];
  const file: FileDiff = {
    path: "src/total.ts",
    oldPath: null,
    change: "modified",
    binary: false,
    omitted: null,
    hunks: [
      {
        oldStart: 7,
        oldLines: 1,
        newStart: 7,
        newLines: 1,
        lines: [
          { kind: "deleted", oldLine: 7, text: "    use(item);" },
          { kind: "added", newLine: 7, text: "    count(item);" },
        ],
      },
    ],
  };

  test("is the function it is in", async () => {
    const { plan: made } = await plan(diffOf([file], { "src/total.ts": source.join("\n") }));
    const rows = made.parts[0]?.files[0]?.sections[0]?.rows ?? [];
    expect(rows.map(({ kind, newLine }) => `${kind} ${newLine}`)).toEqual([
      "around 3",
      "around 4",
      "around 5",
      "around 6",
      "deleted null",
      "added 7",
      "around 8",
      "around 9",
      "around 10",
      "around 11",
    ]);
  });

  test("is shown once where two changes are in one function", async () => {
    const second = { oldStart: 10, oldLines: 0, newStart: 10, newLines: 1 };
    const hunks = [
      ...file.hunks,
      { ...second, lines: [{ kind: "added" as const, newLine: 10, text: "  return sum;" }] },
    ];
    const { plan: made } = await plan(diffOf([{ ...file, hunks }], { "src/total.ts": source.join("\n") }));
    const rows = made.parts[0]?.files[0]?.sections.flatMap((section) => section.rows) ?? [];
    expect(rows.map(({ newLine }) => newLine)).toEqual([3, 4, 5, 6, null, 7, 8, 9, 10, 11]);
  });

  test("is left out where the file cannot be read", async () => {
    const readFile = async () => {
      throw new ReviewdError("invalid_input", "too large");
    };
    const { plan: made } = await plan({ files: [file], readFile });
    expect(made.parts[0]?.files[0]?.sections[0]?.rows).toHaveLength(2);
  });
});
