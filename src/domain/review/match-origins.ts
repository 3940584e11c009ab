/** Which finding is one that was said before. Each earlier one is found again at most once. */
import type { Origin } from "../../adapters/postgres/findings.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { type Anchor, type Identity, readAnchor, saidIn } from "./fingerprint.ts";
import { likeness } from "./likeness.ts";

export interface Candidate {
  /** What it may be known by: each of those that were merged into it, the one whose words are kept first. */
  readonly faces: readonly (Finding & Identity)[];
  /** It is about lines that were read before. */
  readonly isUnchanged: boolean;
}

/** Path at the head by the path it had on the base. */
export type Renames = ReadonlyMap<string, string>;

/** Of those an earlier one is compared with, where only some of its lines or words are the same. */
const maxCompared = 50;

/** @returns by the candidate's position; surest matches are made first, and so do not depend on the others. */
export function matchOrigins(
  candidates: readonly Candidate[],
  origins: readonly Origin[],
  renames: Renames,
): ReadonlyMap<number, Origin> {
  const known = origins.map(toKnown);
  const all = candidates.map(({ faces, isUnchanged }) => ({ faces: faces.map(toKnown), isUnchanged }));
  const matched = new Map<number, Origin>();
  const taken = new Set<number>();
  const match = (candidate: number, index: number | undefined) => {
    const origin = index === undefined ? undefined : origins[index];
    if (index === undefined || !origin) return;
    taken.add(index);
    matched.set(candidate, origin);
  };
  // Of two equal ones, what was said before is rather on the lines that were there before.
  for (const wanted of [all.map(({ isUnchanged }) => isUnchanged), all.map(() => true)]) {
    for (const keyOf of keys) {
      const waiting = lineUp(known, taken, keyOf);
      for (const [at, { faces }] of all.entries()) {
        if (wanted[at] && !matched.has(at)) match(at, takeFirst(waiting, taken, faces, keyOf));
      }
    }
  }
  const sharing = indexByLine(known, taken);
  for (const [at, { faces }] of all.entries()) {
    if (!matched.has(at)) match(at, findSimilar(faces, { known, taken, sharing, origins, renames }));
  }
  return matched;
}

interface Known {
  readonly path: string;
  readonly fingerprint: string;
  readonly anchor: Anchor;
  readonly lines: string;
  readonly said: string;
  readonly title: string;
  readonly ruleId: string | null;
  readonly category: string;
}

function toKnown(finding: Pick<Finding, "path" | "title" | "ruleId" | "category"> & Identity): Known {
  const { path, fingerprint, title, ruleId, category } = finding;
  const anchor = readAnchor(finding.anchor);
  return {
    path,
    fingerprint,
    anchor,
    lines: anchor.lines.join("."),
    said: saidIn(finding),
    title,
    ruleId,
    category,
  };
}

/** Two with the same key are the same. Null: it cannot be known in this way. Surest first. */
type KeyOf = (known: Known, isOrigin: boolean) => string | null;

const keys: readonly KeyOf[] = [
  (one) => key(one.fingerprint, one.anchor.before, one.anchor.after),
  (one) => key(one.fingerprint, one.anchor.before),
  (one) => key(one.fingerprint, null, one.anchor.after),
  (one) => key(one.fingerprint),
  // In another file.
  (one) => shownKey(one, one.said, one.anchor.before, one.anchor.after),
  (one) => shownKey(one, one.said),
  // In other words; rules have none, and two rules on one line are two problems.
  (one, isOrigin) => wordedKey(one, isOrigin, one.anchor.before, one.anchor.after),
  (one, isOrigin) => wordedKey(one, isOrigin),
];

function key(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts);
}

function shownKey({ lines }: Known, ...parts: readonly (string | null)[]): string | null {
  return lines === "" ? null : key(lines, ...parts);
}

function wordedKey(one: Known, isOrigin: boolean, ...parts: readonly string[]): string | null {
  return one.ruleId !== null && !isOrigin ? null : shownKey(one, one.category, ...parts);
}

function lineUp(known: readonly Known[], taken: ReadonlySet<number>, keyOf: KeyOf): Map<string, number[]> {
  const waiting = new Map<string, number[]>();
  for (const [index, one] of known.entries()) {
    const at = taken.has(index) ? null : keyOf(one, true);
    if (at === null) continue;
    const same = waiting.get(at);
    if (same) same.push(index);
    else waiting.set(at, [index]);
  }
  return waiting;
}

function takeFirst(
  waiting: Map<string, number[]>,
  taken: ReadonlySet<number>,
  faces: readonly Known[],
  keyOf: KeyOf,
): number | undefined {
  for (const face of faces) {
    const at = keyOf(face, false);
    const same = at === null ? undefined : waiting.get(at);
    while (same?.[0] !== undefined && taken.has(same[0])) same.shift();
    if (same?.[0] !== undefined) return same[0];
  }
  return undefined;
}

/** Findings the diff does not show are found by their file. */
function linesOf({ anchor, path }: Known): readonly string[] {
  return anchor.lines.length > 0 ? anchor.lines : [`in ${path}`];
}

function indexByLine(
  known: readonly Known[],
  taken: ReadonlySet<number>,
): ReadonlyMap<string, readonly number[]> {
  const sharing = new Map<string, number[]>();
  for (const [index, one] of known.entries()) {
    if (taken.has(index)) continue;
    for (const line of new Set(linesOf(one))) {
      const at = sharing.get(line);
      if (!at) sharing.set(line, [index]);
      else if (at.length < maxCompared) at.push(index);
    }
  }
  return sharing;
}

interface Similar {
  readonly known: readonly Known[];
  readonly taken: ReadonlySet<number>;
  readonly sharing: ReadonlyMap<string, readonly number[]>;
  readonly origins: readonly Origin[];
  readonly renames: Renames;
}

/** The one with the most lines in common, and then the likest words. */
function findSimilar(faces: readonly Known[], among: Similar): number | undefined {
  let best: { readonly index: number; readonly score: number } | undefined;
  for (const face of faces) {
    const indexes = new Set(linesOf(face).flatMap((line) => among.sharing.get(line) ?? []));
    for (const index of [...indexes].sort((a, b) => a - b)) {
      const one = among.known[index];
      const score = one && !among.taken.has(index) ? similarity(face, one, index, among) : 0;
      if (score > (best?.score ?? 0)) best = { index, score };
    }
  }
  return best?.index;
}

/** 0: another problem. */
function similarity(face: Known, one: Known, index: number, { origins, renames }: Similar): number {
  const shared = sharedPart(linesOf(face), linesOf(one));
  const isSameFile = one.path === face.path || renames.get(one.path) === face.path;
  // What a person dismissed is silent only while its lines are what they were.
  const isDismissed = origins[index]?.state === "dismissed";
  if (shared < (isSameFile && !isDismissed ? 0.5 : 1)) return 0;
  if (face.ruleId !== null && one.ruleId !== null) return face.ruleId === one.ruleId ? shared + 1 : 0;
  const alike = likeness(face.title, one.title);
  const isAlike = alike >= 0.5 || (alike >= 0.25 && face.category === one.category);
  return isAlike ? shared + alike : 0;
}

/** Of all their different lines, how many both have: 0 to 1. */
function sharedPart(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [new Set(a), new Set(b)];
  return left.intersection(right).size / left.union(right).size;
}
