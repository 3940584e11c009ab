import { afterAll, describe, expect, test } from "bun:test";
import { everyRule } from "../../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { createRulesReviewer } from "../../../../src/adapters/reviewer/rules/rules-reviewer.ts";
import { type Change, reviewChanges } from "./review-text.ts";

const reviewer = createRulesReviewer({ fileMs: 300, maxTimeouts: 1_000 });
/** Not to be hurried: on a busy machine it takes longer to hand a large file over. */
const patient = createRulesReviewer();
afterAll(async () => {
  await reviewer[Symbol.asyncDispose]();
  await patient[Symbol.asyncDispose]();
});

const paths: readonly string[] = [
  "a.ts",
  "a.tsx",
  "a.js",
  "a.py",
  "a.go",
  "A.java",
  "a.kt",
  "a.scala",
  "A.cs",
  "a.swift",
  "a.rs",
  "a.c",
  "a.cpp",
  "a.rb",
  "a.php",
  "a.lua",
  "a.ex",
  "a.sh",
  "migrations/a.sql",
  ".github/workflows/a.yml",
  "Dockerfile",
];

/** Each costs its own file at most: it is read, or lost for one of these reasons, and the one after it is read. */
async function expectOnlyLost(changes: readonly Change[]): Promise<void> {
  const good = { path: "z.txt", head: "<<<<<<< HEAD\n" };
  const review = await reviewChanges(reviewer, [...changes, good]);
  const answered = [...review.reviewedPaths, ...review.notReviewed.map(({ path }) => path)];
  expect(answered.toSorted()).toEqual([...changes.map(({ path }) => path), "z.txt"].toSorted());
  for (const { reason } of review.notReviewed) expect(["parser_failed", "timed_out"]).toContain(reason);
  expect(review.findings.map(({ path, ruleId }) => `${path} ${ruleId}`)).toContain(
    "z.txt text/conflict-marker",
  );
}

/** The same bytes each time. */
function noise(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state >> 16;
  });
}

function inFolder(folder: string, path: string): string {
  // A workflow is one by its folder.
  return path.startsWith(".") ? path.replace("a.yml", `${folder}.yml`) : `${folder}/${path}`;
}

const code = everyRule.flatMap(({ bad }) => bad.map(({ lines }) => lines.join("\n"))).join("\n");

const openings = ["(", "[", "{", "if (a) {\n", '"${', "<a>"];

describe.each(paths)("hostile files cost themselves alone: %s", (path) => {
  test("of random bytes, of code of all languages that is cut off, and nested deep", async () => {
    const noisy = [1, 2].map((seed) => noise(seed, 20_000));
    const cut = [1, 2, 3].map((part) => code.slice(part * 3_000, part * 4_500));
    const deep = openings.map((opening) => opening.repeat(50_000));
    const heads = [...noisy, ...cut, ...deep];
    await expectOnlyLost(heads.map((head, index) => ({ path: inFolder(`hostile-${index}`, path), head })));
  });

  test("of one line of 5 MB", async () => {
    const review = await reviewChanges(patient, [{ path, head: "a(b); ".repeat(900_000) }]);
    expect(review.notReviewed).toEqual([{ path, reason: "too_large" }]);
  });
});
