/** Decides where each new finding is said: in an inline comment the forge will accept, or in the summary. */
import { addedLines, type FileDiff } from "../../adapters/git/diff.ts";
import type { LineRange } from "./shown-lines.ts";

/** More than this in one review and GitHub refuses it as submitted too quickly, or nobody reads it. */
export const maxInlineComments = 25;

export type Disposition = "inline" | "summary" | "repeated" | "withheld";

export type Placement =
  | { readonly kind: "inline" }
  /** Nothing is dropped: there were too many, or no line of the diff to say it at. */
  | { readonly kind: "summary"; readonly why: "budget" | "outside_diff" };

export interface Placed<Finding> {
  readonly finding: Finding;
  readonly placement: Placement;
}

/** @param findings most important first: they get the places there are */
export function placeFindings<Finding extends LineRange & { readonly path: string }>(
  findings: readonly Finding[],
  files: readonly FileDiff[],
  commentBudget: number,
): readonly Placed<Finding>[] {
  const fileByPath = new Map(files.map((file) => [file.path, file]));
  let inlineLeft = Math.min(commentBudget, maxInlineComments);
  return findings.map((finding) => {
    const file = fileByPath.get(finding.path);
    if (!file || !fitsInline(finding, file)) {
      return { finding, placement: { kind: "summary", why: "outside_diff" } };
    }
    if (inlineLeft <= 0) return { finding, placement: { kind: "summary", why: "budget" } };
    inlineLeft--;
    return { finding, placement: { kind: "inline" } };
  });
}

/**
 * GitHub's rule: first and last line are lines of the head shown in one and the same hunk of the diff. A name that is
 * not UTF-8 was decoded with replacement characters; the forge knows no such file.
 */
export function fitsInline({ startLine, line }: LineRange, file: FileDiff): boolean {
  if (file.path.includes("\ufffd")) return false;
  return file.hunks.some(
    ({ newStart, newLines }) => newStart <= startLine && startLine <= line && line < newStart + newLines,
  );
}

/** True when the pull request itself wrote every one of these lines. */
export function onAddedLines({ startLine, line }: LineRange, file: FileDiff): boolean {
  const added = addedLines(file);
  for (let at = startLine; at <= line; at++) if (!added.has(at)) return false;
  return true;
}
