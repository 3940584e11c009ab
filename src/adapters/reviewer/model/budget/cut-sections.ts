/** Cuts a file's changes into sections that fit: a hunk with what surrounds it, a bare hunk, or some lines of one. */
import type { FileDiff, Hunk, HunkLine } from "../../../git/diff.ts";
import { maskLine } from "../../mask-secrets.ts";
import { costOfRow, sectionCost } from "../prompt/render-changes.ts";
import { enclosingLines, type LineSpan } from "./enclosing-lines.ts";
import { isChangeShown, type Row, type Section } from "./part.ts";

/** Tokens of what is shown of one line, and of what surrounds one hunk, however much room there is. */
const maxLineTokens = 1_500;
const maxAroundTokens = 1_500;
const aroundShare = 1 / 4;

/**
 * @param lines the file at its head; null where it cannot be read: then nothing surrounds the hunks
 * @param room tokens that the rows of one section may take
 */
export function cutSections(
  file: FileDiff,
  { lines, room }: { readonly lines: readonly string[] | null; readonly room: number },
): readonly Section[] {
  const sections: Section[] = [];
  let lastShown = 0;
  for (const [index, hunk] of file.hunks.entries()) {
    const rows = hunk.lines.map((line) => toRow(line, room));
    if (sumOf(rows) > room) sections.push(...cutRows(rows, room));
    else if (rows.some(isChangeShown)) {
      // No line of the file is shown twice.
      const within = { first: lastShown + 1, last: startOf(file.hunks[index + 1]) - 1 };
      const around = lines ? findAround({ hunk, rows }, { lines, within, room }) : nothing;
      sections.push({ rows: [...around.before, ...rows, ...around.after] });
      lastShown = around.after.at(-1)?.newLine ?? lastShown;
    }
    lastShown = Math.max(lastShown, startOf(hunk) + hunk.newLines - 1);
  }
  return sections;
}

/** Where nothing is left of a hunk's lines, git names the line before. */
function startOf(hunk: Hunk | undefined): number {
  if (!hunk) return Number.POSITIVE_INFINITY;
  return hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart;
}

function toRow(line: HunkLine, room: number): Row {
  const { kind, text } = line;
  const hidden = { kind, newLine: kind === "deleted" ? null : line.newLine, text, isShown: false };
  // Reading a line of megabytes to learn that it is too long would be waste.
  if (text.length > maxLineTokens * 3) return hidden;
  const row = { ...hidden, text: maskLine(text), isShown: true };
  return costOfRow(row) > Math.min(maxLineTokens, room / 2) ? hidden : row;
}

/** As many rows as fit, again and again. */
function cutRows(rows: readonly Row[], room: number): readonly Section[] {
  const chunks: Row[][] = [[]];
  let used = sectionCost;
  for (const row of rows) {
    const cost = costOfRow(row);
    if (used + cost > room) {
      chunks.push([]);
      used = sectionCost;
    }
    chunks.at(-1)?.push(row);
    used += cost;
  }
  return chunks.filter((chunk) => chunk.some(isChangeShown)).map((chunk) => ({ rows: chunk }));
}

interface Around {
  readonly before: readonly Row[];
  readonly after: readonly Row[];
}

const nothing: Around = { before: [], after: [] };

interface Surroundings {
  readonly lines: readonly string[];
  readonly within: LineSpan;
  readonly room: number;
}

function findAround(
  { hunk, rows }: { readonly hunk: Hunk; readonly rows: readonly Row[] },
  { lines, within, room }: Surroundings,
): Around {
  const first = startOf(hunk);
  const shown = { first, last: first + hunk.newLines - 1 };
  const span = enclosingLines(lines, { changed: spanOfChanges(hunk) ?? shown, shown, within });
  const before = rowsAround(lines, { first: span.first, last: shown.first - 1 }, room);
  const after = rowsAround(lines, { first: shown.last + 1, last: span.last }, room);
  const spare = Math.min(maxAroundTokens, room * aroundShare, room - sumOf(rows));
  const costs = [before, after].map((some) => sumOf(some) - sectionCost) as [number, number];
  if (costs[0] > spare) return nothing;
  return { before, after: costs[0] + costs[1] <= spare ? after : [] };
}

function spanOfChanges({ lines }: Hunk): LineSpan | null {
  const numbers = lines.flatMap((line) => (line.kind === "added" ? [line.newLine] : []));
  const [first, last] = [numbers[0], numbers.at(-1)];
  return first === undefined || last === undefined ? null : { first, last };
}

function rowsAround(lines: readonly string[], { first, last }: LineSpan, room: number): readonly Row[] {
  return lines.slice(first - 1, Math.max(first - 1, last)).map((text, index) => ({
    ...toRow({ kind: "context", oldLine: 0, newLine: first + index, text }, room),
    kind: "around",
  }));
}

function sumOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + costOfRow(row), sectionCost);
}
