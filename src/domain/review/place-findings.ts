/** Decides where each finding is said: in an inline comment the forge will accept, in the summary, or nowhere anew. */
import { addedLines, type FileDiff } from "../../adapters/git/diff.ts";
import { type Finding, severities } from "../../adapters/reviewer/reviewer.ts";
import { fingerprint } from "./fingerprint.ts";

/** More than this in one review and GitHub refuses it as submitted too quickly, or nobody reads it. */
export const maxInlineComments = 25;

export type Disposition = "inline" | "summary" | "repeated" | "withheld";

export interface PlacedFinding extends Finding {
  readonly fingerprint: string;
  readonly disposition: Disposition;
}

/**
 * Every finding comes back, most severe first, then by path and line.
 * @param said how often each fingerprint was posted on this pull request by earlier tasks: so many occurrences stay
 *   silent, further ones are new
 */
export function placeFindings(
  findings: readonly Finding[],
  files: readonly FileDiff[],
  said: ReadonlyMap<string, number>,
): readonly PlacedFinding[] {
  const fileByPath = new Map(files.map((file) => [file.path, file]));
  const silent = new Map(said);
  let inlineLeft = maxInlineComments;
  return [...findings].sort(bySeverity).map((finding) => {
    const file = fileByPath.get(finding.path);
    const placed = { ...finding, fingerprint: fingerprint(finding, file) };
    const silentLeft = silent.get(placed.fingerprint) ?? 0;
    if (silentLeft > 0) {
      silent.set(placed.fingerprint, silentLeft - 1);
      return { ...placed, disposition: "repeated" };
    }
    if (inlineLeft === 0 || !file || !fitsInline(finding, file)) return { ...placed, disposition: "summary" };
    inlineLeft--;
    return { ...placed, disposition: "inline" };
  });
}

/**
 * GitHub's rule: first and last line are lines of the head shown in one and the same hunk of the diff. A name that is
 * not UTF-8 was decoded with replacement characters; the forge knows no such file.
 */
export function fitsInline(
  lines: { readonly startLine: number; readonly line: number },
  file: FileDiff,
): boolean {
  const { startLine, line } = lines;
  if (file.path.includes("\ufffd")) return false;
  return file.hunks.some(
    ({ newStart, newLines }) => newStart <= startLine && startLine <= line && line < newStart + newLines,
  );
}

/** True when the pull request itself wrote every one of these lines. */
export function onAddedLines(
  lines: { readonly startLine: number; readonly line: number },
  file: FileDiff,
): boolean {
  const added = addedLines(file);
  for (let line = lines.startLine; line <= lines.line; line++) if (!added.has(line)) return false;
  return true;
}

function bySeverity(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
    a.startLine - b.startLine ||
    a.line - b.line
  );
}
