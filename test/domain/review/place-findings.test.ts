import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import { type Finding, severities } from "../../../src/adapters/reviewer/reviewer.ts";
import { maxInlineComments, placeFindings } from "../../../src/domain/review/place-findings.ts";
import { type CommentDraft, placeComment } from "../../fakehub/acts/placement.ts";
import { GitHubError } from "../../fakehub/github-error.ts";
import { aFile, aFinding, aHunk } from "./build.ts";

const file: FileDiff = {
  ...aFile("src/a.ts", []),
  hunks: [aHunk([" a", "+b", "-c", "+d"], 10), aHunk([" x", "+y"], 50)],
};

function dispositions(findings: readonly Finding[], files: readonly FileDiff[] = [file]) {
  return placeFindings(findings, files, maxInlineComments).map(({ placement }) => placement.kind);
}

describe("a finding on lines of one hunk", () => {
  test.each([
    ["an added line", 11, 11],
    ["a context line", 10, 10],
    ["the hunk's last line", 12, 12],
    ["several lines", 10, 12],
  ])("is said inline: %s", (_, startLine, line) => {
    expect(dispositions([aFinding({ startLine, line })])).toEqual(["inline"]);
  });
});

describe("a finding that the forge would refuse inline goes to the summary", () => {
  test.each([
    ["before the hunk", 9, 9],
    ["after it", 13, 13],
    ["across two hunks", 12, 50],
    ["from before the hunk into it", 9, 11],
  ])("%s", (_, startLine, line) => {
    expect(dispositions([aFinding({ startLine, line })])).toEqual(["summary"]);
  });

  test("in a file whose name is not UTF-8", () => {
    const odd = aFile("src/\ufffd.ts", ["+a"]);
    expect(dispositions([aFinding({ path: odd.path })], [odd])).toEqual(["summary"]);
  });

  test("in a file outside the diff, a binary and a deleted one", () => {
    const binary = { ...aFile("logo.png", []), binary: true, hunks: [] };
    const deleted: FileDiff = { ...aFile("gone.ts", ["-a", "-b"], 1), change: "deleted" };
    const findings = ["other.ts", "logo.png", "gone.ts"].map((path) => aFinding({ path }));
    expect(dispositions(findings, [binary, deleted])).toEqual(["summary", "summary", "summary"]);
  });
});

describe("many findings", () => {
  const long = aFile(
    "src/a.ts",
    Array.from({ length: 40 }, (_, i) => `+line ${i}`),
  );
  const forty = Array.from({ length: 40 }, (_, i) => aFinding({ line: i + 1 }));

  test.each([
    ["what is configured", 10, 10],
    ["nothing, where that is configured", 0, 0],
    ["what the forge takes, whatever is configured", 100, maxInlineComments],
  ])("are said inline in the order they come, up to %s, the rest in the summary", (_, budget, inline) => {
    const placed = placeFindings(forty, [long], budget).map(({ placement }) => placement);
    expect(placed.slice(0, inline).every(({ kind }) => kind === "inline")).toBe(true);
    expect(placed.slice(inline)).toEqual(Array(40 - inline).fill({ kind: "summary", why: "budget" }));
  });

  test("that have no line in the diff take no place away from others", () => {
    const outside = Array.from({ length: 30 }, () => aFinding({ line: 500 }));
    const placed = placeFindings([...outside, ...forty], [long], maxInlineComments);
    expect(placed.filter(({ placement }) => placement.kind === "inline")).toHaveLength(maxInlineComments);
  });
});

/** Diffs as git makes them: hunks apart from each other, each line added, deleted or context. */
const diffs = fc
  .uniqueArray(fc.constantFrom("a.ts", "b/c.py", "weird name.go", "ü.sql"), { minLength: 1, maxLength: 3 })
  .chain((paths) =>
    fc.tuple(
      ...paths.map((path) =>
        fc
          .array(
            fc.tuple(
              fc.integer({ min: 1, max: 30 }),
              fc.array(fc.constantFrom("+x", "-y", " z"), { minLength: 1, maxLength: 12 }),
            ),
            { maxLength: 4 },
          )
          .map((gapsAndLines) => {
            let start = 0;
            const hunks = gapsAndLines.map(([gap, lines]) => {
              const hunk = aHunk(lines, start + gap);
              start = hunk.newStart + hunk.newLines;
              return hunk;
            });
            return { ...aFile(path, []), hunks };
          }),
      ),
    ),
  );
const findings = fc.array(
  fc
    .record({
      path: fc.constantFrom("a.ts", "b/c.py", "weird name.go", "ü.sql", "elsewhere.ts"),
      startLine: fc.integer({ min: 1, max: 90 }),
      extra: fc.integer({ min: 0, max: 6 }),
      severity: fc.constantFrom(...severities),
      ruleId: fc.constantFrom("one", "two"),
    })
    .map(({ extra, ...values }) => aFinding({ ...values, line: values.startLine + extra })),
  { maxLength: 60 },
);

/** As git prints a file's patch, from the first `@@` on; null without hunks. */
function patchOf({ hunks }: FileDiff): string | null {
  const marks = { added: "+", deleted: "-", context: " " } as const;
  const printed = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines.map(({ kind, text }) => marks[kind] + text),
  ]);
  return printed.length === 0 ? null : printed.join("\n");
}

test("whatever the diff: every finding comes back, in order, and the forge takes every inline one", () => {
  fc.assert(
    fc.property(diffs, findings, fc.integer({ min: 0, max: 40 }), (files, found, commentBudget) => {
      const placed = placeFindings(found, files, commentBudget);
      expect(placed.map(({ finding }) => finding)).toEqual(found);
      const shown = files.map((file) => ({
        ...{ path: file.path, previousPath: null, status: "modified" as const, patch: patchOf(file) },
        ...{ additions: 0, deletions: 0, blobSha: "" },
      }));
      const refusals = placed.map(({ finding, placement }) => ({
        refused: refusalOf(() => placeComment(shown, draftOf(finding))),
        placement,
      }));
      const inline = refusals.filter(({ placement }) => placement.kind === "inline");
      expect(inline.length).toBeLessThanOrEqual(Math.min(commentBudget, maxInlineComments));
      expect(inline.filter(({ refused }) => refused !== null)).toEqual([]);
      // Nor is one kept from its line that the forge would take there.
      const outside = refusals.filter(
        ({ placement }) => "why" in placement && placement.why === "outside_diff",
      );
      expect(outside.filter(({ refused }) => refused === null)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function draftOf({ path, startLine, line }: Finding): CommentDraft {
  const end = { path, body: "b", line, side: "RIGHT" };
  return startLine < line ? { ...end, start_line: startLine, start_side: "RIGHT" } : end;
}

/** In the forge's words; null: it takes the comment. */
function refusalOf(place: () => unknown): string | null {
  try {
    place();
    return null;
  } catch (error) {
    if (error instanceof GitHubError) return JSON.stringify(error);
    throw error;
  }
}
