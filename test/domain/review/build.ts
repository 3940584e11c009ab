/** Findings and diffs for tests of the review room; every value can be overridden. */
import type { FileDiff, Hunk, HunkLine } from "../../../src/adapters/git/diff.ts";
import type { Finding } from "../../../src/adapters/reviewer/reviewer.ts";

export function aFinding(values: Partial<Finding> = {}): Finding {
  const line = values.line ?? 1;
  return {
    reviewer: "rules",
    ruleId: "eval-call",
    path: "src/a.ts",
    startLine: line,
    line,
    severity: "medium",
    category: "security",
    title: "Code is made from text",
    body: "What `eval` is given may come from outside.",
    suggestion: null,
    ...values,
  };
}

/** A modified file with one hunk from `newStart` on; a line starts with `+`, `-` or a space, as in a patch. */
export function aFile(path: string, lines: readonly string[], newStart = 1): FileDiff {
  return {
    path,
    oldPath: null,
    change: "modified",
    binary: false,
    omitted: null,
    hunks: [aHunk(lines, newStart)],
  };
}

export function aHunk(lines: readonly string[], newStart: number): Hunk {
  let oldLine = newStart;
  let newLine = newStart;
  const parsed = lines.map((line): HunkLine => {
    const text = line.slice(1);
    if (line.startsWith("+")) return { kind: "added", newLine: newLine++, text };
    if (line.startsWith("-")) return { kind: "deleted", oldLine: oldLine++, text };
    return { kind: "context", oldLine: oldLine++, newLine: newLine++, text };
  });
  return {
    oldStart: newStart,
    oldLines: oldLine - newStart,
    newStart,
    newLines: newLine - newStart,
    lines: parsed,
  };
}
