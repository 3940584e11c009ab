/** What makes two findings the same across pushes: what is said, and the text it is said about; never line numbers. */
import { createHash } from "node:crypto";
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";

/**
 * @param file the finding's file in the diff; undefined when the finding is about a file outside of it
 * @returns 64 hex digits. Equal for findings of one kind on equal lines of one file: callers count occurrences.
 */
export function fingerprint(finding: Finding, file: FileDiff | undefined): string {
  const said = finding.ruleId === null ? normalise(finding.title) : finding.ruleId;
  const parts = [finding.reviewer, said, finding.path, ...anchoredLines(finding, file)];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Text at the head of the lines the finding is about, without indentation; lines outside the diff are left out. */
function anchoredLines(finding: Finding, file: FileDiff | undefined): readonly string[] {
  const lines: string[] = [];
  for (const hunk of file?.hunks ?? []) {
    for (const line of hunk.lines) {
      if (line.kind === "deleted" || line.newLine < finding.startLine || line.newLine > finding.line)
        continue;
      lines.push(line.text.trim().replace(/\s+/g, " "));
    }
  }
  return lines;
}

/** Words alone: a reviewer that writes prose varies case, punctuation and numbers from run to run. */
function normalise(prose: string): string {
  return prose
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, " ")
    .trim();
}
