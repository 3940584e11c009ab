/** Whether an inline comment has a place in the diff, and which; in GitHub's words when it has none. */
import type { DiffFile } from "../git/diff-files.ts";
import { findLine, diffHunk as hunkDownTo, type PatchLine, parsePatch } from "../git/patch-lines.ts";
import { unprocessable } from "../github-error.ts";
import type { ReviewComment, Side } from "../state.ts";

export interface CommentDraft {
  readonly path: string;
  readonly body: string;
  readonly line?: number;
  readonly side?: string;
  readonly start_line?: number;
  readonly start_side?: string;
  readonly position?: number;
  readonly subject_type?: "line" | "file";
}

export interface Placement {
  readonly path: string;
  readonly subjectType: "line" | "file";
  readonly side: Side;
  readonly startSide: Side | null;
  readonly line: number | null;
  readonly startLine: number | null;
  readonly position: number | null;
  readonly diffHunk: string;
}

const outsideDiff = "Pull request review thread line must be part of the diff";

/** @throws GitHubError 422 */
export function placeComment(files: readonly DiffFile[], draft: CommentDraft): Placement {
  const file = files.find((f) => f.path === draft.path);
  if (!file) throw unprocessable("Pull request review thread path could not be resolved");
  if (draft.subject_type === "file") return placeOnFile(draft);
  // Binary, only renamed, or too large to show: there is no line to point at.
  if (file.patch === null) throw unprocessable("Pull request review thread diff hunk can't be blank");
  const lines = parsePatch(file.patch);
  const { side, found } = findEnd(lines, draft);
  const start = findStart(lines, draft, side, found);
  return {
    path: draft.path,
    subjectType: "line",
    side,
    startSide: start?.side ?? null,
    line: numberOn(found, side),
    startLine: start && numberOn(start.found, start.side),
    position: found.position,
    diffHunk: hunkDownTo(file.patch, found.position),
  };
}

/** Where an existing comment is; a reply goes there too. */
export function placementOf(comment: ReviewComment): Placement {
  const { path, subjectType, side, startSide, line, startLine, position, diffHunk } = comment;
  return { path, subjectType, side, startSide, line, startLine, position, diffHunk };
}

function placeOnFile({ path }: CommentDraft): Placement {
  const nowhere = { startSide: null, line: null, startLine: null, position: null, diffHunk: "" };
  return { path, subjectType: "file", side: "RIGHT", ...nowhere };
}

function findEnd(lines: readonly PatchLine[], draft: CommentDraft): { side: Side; found: PatchLine } {
  if (draft.line === undefined) {
    const found = lines.find((line) => line.position === draft.position);
    if (!found) throw unprocessable("Pull request review thread position is invalid");
    return { side: found.newLine === null ? "LEFT" : "RIGHT", found };
  }
  const side = sideOf(draft.side);
  const found = findLine(lines, side, draft.line);
  if (!found) throw unprocessable(outsideDiff);
  return { side, found };
}

function findStart(lines: readonly PatchLine[], draft: CommentDraft, endSide: Side, end: PatchLine) {
  if (draft.start_line === undefined) return null;
  const side = draft.start_side === undefined ? endSide : sideOf(draft.start_side);
  if (side === endSide && draft.start_line >= (draft.line ?? 0))
    throw unprocessable("Pull request review thread start line must precede the end line.");
  const found = findLine(lines, side, draft.start_line);
  if (!found) throw unprocessable("Pull request review thread start line must be part of the diff");
  if (found.hunk !== end.hunk)
    throw unprocessable("Pull request review thread start line must be part of the same hunk as the line.");
  return { side, found };
}

function sideOf(given: string | undefined): Side {
  if (given === undefined || given === "RIGHT") return "RIGHT";
  if (given === "LEFT") return "LEFT";
  throw unprocessable("Pull request review thread side is not included in the list");
}

function numberOn(line: PatchLine, side: Side): number | null {
  return side === "RIGHT" ? line.newLine : line.oldLine;
}
