/** Briefs and diffs in a line, for tests of the model reviewer. */
import type { FileDiff } from "../../../../src/adapters/git/diff.ts";
import type { Brief } from "../../../../src/adapters/reviewer/reviewer.ts";

export const emptyBrief: Brief = {
  model: null,
  effort: null,
  pullRequest: { title: "Add cart", body: "", baseRef: "main" },
  instructions: [],
  guidance: null,
  earlier: [],
};

/** A new file of these lines. */
export function addedFile(path: string, lines: readonly string[]): FileDiff {
  const hunk = {
    oldStart: 0,
    oldLines: 0,
    newStart: 1,
    newLines: lines.length,
    lines: lines.map((text, index) => ({ kind: "added" as const, newLine: index + 1, text })),
  };
  return { path, oldPath: null, change: "added", binary: false, omitted: null, hunks: [hunk] };
}
