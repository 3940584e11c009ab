/** The lines of the head that a diff shows, in order, for what asks about them by number or by text. */
import { createHash } from "node:crypto";
import type { FileDiff } from "../../adapters/git/diff.ts";

export interface ShownLine {
  readonly newLine: number;
  /** Without indentation, runs of white space as one: what an editor's formatter changes does not count. */
  readonly text: string;
  readonly isAdded: boolean;
  /** Which of the file's hunks it is in. */
  readonly hunk: number;
}

export interface ShownFile {
  readonly file: FileDiff;
  /** Ascending. */
  readonly lines: readonly ShownLine[];
}

export interface LineRange {
  readonly startLine: number;
  readonly line: number;
}

/** By path at the head. */
export type ShownFiles = ReadonlyMap<string, ShownFile>;

export function showFiles(files: readonly FileDiff[]): ShownFiles {
  return new Map(files.map((file) => [file.path, { file, lines: shownLines(file) }]));
}

function shownLines(file: FileDiff): readonly ShownLine[] {
  return file.hunks.flatMap(({ lines }, hunk) =>
    lines.flatMap((line) => {
      if (line.kind === "deleted") return [];
      const { newLine, kind } = line;
      return [{ newLine, text: plainText(line.text), isAdded: kind === "added", hunk }];
    }),
  );
}

function plainText(line: string): string {
  return line.trim().replace(/\s+/g, " ");
}

/** Positions in `lines`: the first within the range, and the one after the last. */
export function positionsWithin(
  { lines }: ShownFile,
  { startLine, line }: LineRange,
): { readonly from: number; readonly to: number } {
  const from = firstAtLeast(lines, startLine);
  return { from, to: firstAtLeast(lines, line + 1, from) };
}

function firstAtLeast(lines: readonly ShownLine[], newLine: number, start = 0): number {
  let [low, high] = [start, lines.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle]?.newLine ?? 0) < newLine) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A line of braces alone is like a thousand others. */
export function isTelling({ text }: ShownLine): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** The first line with a word above or below a position. What lies beyond its hunk another push may show: undefined. */
export function nearestTelling({ lines }: ShownFile, position: number, step: 1 | -1): ShownLine | undefined {
  const hunk = lines[position]?.hunk;
  for (let at = position + step; lines[at] && lines[at]?.hunk === hunk; at += step) {
    const line = lines[at];
    if (line && isTelling(line)) return line;
  }
  return undefined;
}

export interface Neighbours {
  readonly above: ShownLine | undefined;
  readonly below: ShownLine | undefined;
}

/** Each line's nearestTelling above and below. In one go: a hunk may be hundreds of thousands of lines without a word. */
export function findNeighbours({ lines }: ShownFile): readonly Neighbours[] {
  const above = lastTelling(lines);
  const below = lastTelling(lines.toReversed()).toReversed();
  return lines.map((_line, at) => ({ above: above[at], below: below[at] }));
}

/** For each line the last one with a word before it in its hunk. */
function lastTelling(lines: readonly ShownLine[]): readonly (ShownLine | undefined)[] {
  let last: ShownLine | undefined;
  return lines.map((line) => {
    const found = last?.hunk === line.hunk ? last : undefined;
    if (isTelling(line)) last = line;
    return found;
  });
}

/** 16 hex digits. */
export function hashLine(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
