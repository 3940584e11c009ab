/** One question's share of a diff: sections of files, row by row, as they are shown to the model. */
import type { FileDiff } from "../../../git/diff.ts";

export interface Part {
  readonly files: readonly PartFile[];
}

export interface PartFile {
  readonly file: FileDiff;
  readonly sections: readonly Section[];
}

/** Rows that follow one another in the file. */
export interface Section {
  readonly rows: readonly Row[];
}

export interface Row {
  /** `around` is no part of the diff: it tells what the change is in. */
  readonly kind: "added" | "deleted" | "context" | "around";
  /** At the head; null for a deleted line. */
  readonly newLine: number | null;
  /** As it is shown: without secrets. */
  readonly text: string;
  /** False for a line that is too long: that it is there is said, and it counts as not read. */
  readonly isShown: boolean;
}

/** How many changed lines the model gets to see. */
export function countChanged(sections: readonly Section[]): number {
  return sections.reduce((sum, { rows }) => sum + rows.filter(isChangeShown).length, 0);
}

export function isChangeShown({ kind, isShown }: Row): boolean {
  return isShown && (kind === "added" || kind === "deleted");
}

/** Two halves, to be asked one by one; null where there is nothing left to divide. */
export function splitPart({ files }: Part): readonly [Part, Part] | null {
  const pieces = files.flatMap(({ file, sections }) => sections.map((section) => ({ file, section })));
  const [only, ...others] = pieces;
  if (!only) return null;
  if (others.length > 0) {
    const middle = findMiddle(pieces.map(({ section }) => section.rows.length));
    return [gather(pieces.slice(0, middle)), gather(pieces.slice(middle))];
  }
  const rows = only.section.rows.filter(({ kind }) => kind !== "around");
  const middle = findMiddle(rows.map((row) => (isChangeShown(row) ? 1 : 0)));
  const halves = [rows.slice(0, middle), rows.slice(middle)] as const;
  if (!halves.every((half) => half.some(isChangeShown))) return null;
  const [first, second] = halves.map((half) => gather([{ file: only.file, section: { rows: half } }]));
  return first && second ? [first, second] : null;
}

/** Where both sides weigh about the same, and neither is empty. */
function findMiddle(weights: readonly number[]): number {
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let before = 0;
  for (const [index, weight] of weights.entries()) {
    if (index > 0 && before + weight > half) return index;
    before += weight;
  }
  return weights.length - 1;
}

interface Piece {
  readonly file: FileDiff;
  readonly section: Section;
}

function gather(pieces: readonly Piece[]): Part {
  const byFile = Map.groupBy(pieces, ({ file }) => file);
  return {
    files: [...byFile].map(([file, ofFile]) => ({ file, sections: ofFile.map(({ section }) => section) })),
  };
}
