/**
 * Which added lines a reviewer has read before, so that only what changed since is commented. Lines are known by their
 * text and their neighbours', whatever the path: code that was only moved, renamed or rebased did not change. Of equal
 * ones those in the same file are rather the same.
 */
import { createHash } from "node:crypto";
import type { Review, ReviewerName } from "../../adapters/reviewer/reviewer.ts";
import type { NamedReview } from "./coverage.ts";
import {
  findNeighbours,
  type LineRange,
  positionsWithin,
  type ShownFile,
  type ShownFiles,
} from "./shown-lines.ts";

/**
 * Hashes are salted per pull request: else an author could prepare a harmless line, have it read, and put another with
 * the same short hash in its place.
 */
const saltBytes = 16;
/** Who read it, its path, its text, and its text between its neighbours. */
const entryBytes = 1 + 4 + 8 + 8;

const bits: Readonly<Record<ReviewerName, number>> = { rules: 1, model: 2, agent: 4 };

export interface ReadBefore {
  /** True when each of the reviewers has read what a finding there is about, and it is as it was. */
  readonly isUnchanged: (
    where: LineRange & { readonly path: string },
    reviewers: readonly ReviewerName[],
  ) => boolean;
  /** True when nothing in the file changed since each of the reviewers read it; outside the diff, nothing at all. */
  readonly isFileUnchanged: (path: string, reviewers: readonly ReviewerName[]) => boolean;
  /** What is to be remembered of this review and those before. */
  readonly remember: (reviews: readonly NamedReview[]) => Uint8Array;
}

/**
 * @param remembered what an earlier review remembered; null: there is none, so nothing was read
 * @param salt for the first review
 */
export function recallLines(
  shownFiles: ShownFiles,
  remembered: Uint8Array | null,
  salt: Uint8Array,
): ReadBefore {
  const known = remembered ?? salt.subarray(0, saltBytes);
  const entries = [...shownFiles.values()].flatMap((shown) => entriesOf(shown, known.subarray(0, saltBytes)));
  const readers = findReaders(entries, known);
  const isRead = (key: string, reviewers: readonly ReviewerName[]) =>
    reviewers.every((reviewer) => ((readers.get(key) ?? 0) & bits[reviewer]) !== 0);
  const isFileUnchanged: ReadBefore["isFileUnchanged"] = (path, reviewers) => {
    if (shownFiles.has(path)) return isRead(fileKey(path), reviewers);
    return [...shownFiles.keys()].every((shown) => isRead(fileKey(shown), reviewers));
  };
  return {
    isFileUnchanged,
    isUnchanged: (where, reviewers) => {
      const shown = shownFiles.get(where.path);
      const keys = shown ? keysWithin(shown, where) : [];
      if (keys.length === 0) return isFileUnchanged(where.path, reviewers);
      return keys.every((key) => isRead(key, reviewers));
    },
    remember: (reviews) => pack(entries, readers, reviews, known.subarray(0, saltBytes)),
  };
}

interface Entry {
  /** Where it is, in this diff. */
  readonly key: string;
  readonly path: string;
  /** 8 hex digits. */
  readonly place: string;
  /** 16 hex digits each. */
  readonly text: string;
  readonly between: string;
}

/** Its added lines, each hunk's changes as one, and the whole file's as one. */
function entriesOf(shown: ShownFile, salt: Uint8Array): readonly Entry[] {
  const { path, hunks } = shown.file;
  const hash = (...parts: readonly string[]) =>
    createHash("sha256").update(salt).update(JSON.stringify(parts)).digest("hex").slice(0, 16);
  const changes = hunks.map(({ lines }) =>
    lines.flatMap(({ kind, text }) =>
      kind === "context" ? [] : [kind === "added" ? `+${text}` : `-${text}`],
    ),
  );
  const place = hash("path", path).slice(0, 8);
  const whole = hash("file", ...changes.flat());
  const entries: Entry[] = [{ key: fileKey(path), path, place, text: whole, between: whole }];
  for (const [hunk, changed] of changes.entries()) {
    const text = hash("hunk", ...changed);
    entries.push({ key: hunkKey(path, hunk), path, place, text, between: text });
  }
  const neighbours = findNeighbours(shown);
  for (const [at, line] of shown.lines.entries()) {
    if (!line.isAdded) continue;
    const { above, below } = neighbours[at] ?? {};
    const between = hash("between", above?.text ?? "", line.text, below?.text ?? "");
    entries.push({ key: lineKey(path, line.newLine), path, place, text: hash("line", line.text), between });
  }
  return entries;
}

const fileKey = (path: string) => JSON.stringify([path]);
const hunkKey = (path: string, hunk: number) => JSON.stringify([path, "hunk", hunk]);
const lineKey = (path: string, newLine: number) => JSON.stringify([path, "line", newLine]);

/** The added lines of a range; where it holds none, the hunks it lies in; nothing where the diff does not show it. */
function keysWithin(shown: ShownFile, range: LineRange): readonly string[] {
  const { from, to } = positionsWithin(shown, range);
  const within = shown.lines.slice(from, to);
  const { path } = shown.file;
  const added = within.filter(({ isAdded }) => isAdded);
  if (added.length > 0) return added.map(({ newLine }) => lineKey(path, newLine));
  return [...new Set(within.map(({ hunk }) => hunkKey(path, hunk)))];
}

/**
 * Who read each entry, as bits. Of equal lines first those between the same neighbours are known; the others only when
 * there are no more of them than were read, since nobody could say which are new.
 */
function findReaders(entries: readonly Entry[], remembered: Uint8Array): ReadonlyMap<string, number> {
  const known = unpack(remembered);
  const readers = new Map<string, number>();
  const taken = new Set<Remembered>();
  const byBetween = Map.groupBy(known, ({ between }) => between);
  for (const [between, alike] of Map.groupBy(entries, (entry) => entry.between)) {
    for (const [{ key }, one] of pairUp(alike, byBetween.get(between) ?? [])) {
      taken.add(one);
      readers.set(key, one.readBy);
    }
  }
  const left = Map.groupBy(
    known.filter((one) => !taken.has(one)),
    ({ text }) => text,
  );
  const unknown = entries.filter(({ key }) => !readers.has(key));
  for (const [text, alike] of Map.groupBy(unknown, (entry) => entry.text)) {
    const read = left.get(text) ?? [];
    if (alike.length > read.length) continue;
    for (const [{ key }, { readBy }] of pairUp(alike, read)) readers.set(key, readBy);
  }
  return readers;
}

/** As many as there are of both: first those in one file, then the others as they come. */
function pairUp(
  entries: readonly Entry[],
  known: readonly Remembered[],
): readonly (readonly [Entry, Remembered])[] {
  const inPlace = Map.groupBy(known, ({ place }) => place);
  const there = Map.groupBy(entries, ({ place }) => place);
  const stayed = [...there].flatMap(([place, those]) => zip(those, inPlace.get(place) ?? []));
  const [entriesLeft, knownLeft] = [new Set(entries), new Set(known)];
  for (const [entry, one] of stayed) {
    entriesLeft.delete(entry);
    knownLeft.delete(one);
  }
  return [...stayed, ...zip([...entriesLeft], [...knownLeft])];
}

function zip<A, B>(left: readonly A[], right: readonly B[]): (readonly [A, B])[] {
  return left.slice(0, right.length).flatMap((one, at) => {
    const other = right[at];
    return other === undefined ? [] : [[one, other] as const];
  });
}

interface Remembered {
  readonly readBy: number;
  readonly place: string;
  readonly text: string;
  readonly between: string;
}

function unpack(remembered: Uint8Array): readonly Remembered[] {
  const bytes = Buffer.from(remembered.buffer, remembered.byteOffset, remembered.byteLength);
  const all: Remembered[] = [];
  for (let at = saltBytes; at + entryBytes <= bytes.length; at += entryBytes) {
    const [place, text] = [bytes.toString("hex", at + 1, at + 5), bytes.toString("hex", at + 5, at + 13)];
    const between = bytes.toString("hex", at + 13, at + entryBytes);
    all.push({ readBy: bytes.readUInt8(at), place, text, between });
  }
  return all;
}

/** What was read once stays known while it is there, also where a later review did not get to it. */
function pack(
  entries: readonly Entry[],
  readers: ReadonlyMap<string, number>,
  reviews: readonly NamedReview[],
  salt: Uint8Array,
): Uint8Array {
  const readNow = reviews.map(({ reviewer, review }) => ({ bit: bits[reviewer], paths: readPaths(review) }));
  const bytes = Buffer.alloc(saltBytes + entries.length * entryBytes);
  bytes.set(salt);
  let end = saltBytes;
  for (const { key, path, place, text, between } of entries) {
    const read = readNow.reduce((sum, { bit, paths }) => (paths.has(path) ? sum | bit : sum), 0);
    const readBy = read | (readers.get(key) ?? 0);
    if (readBy === 0) continue;
    bytes.writeUInt8(readBy, end);
    bytes.write(place, end + 1, "hex");
    bytes.write(text, end + 5, "hex");
    bytes.write(between, end + 13, "hex");
    end += entryBytes;
  }
  return bytes.subarray(0, end);
}

/** Read as a whole, or holding nothing to read: where only a part was read, nobody says which. */
export function readPaths({ reviewedPaths, notReviewed }: Review): ReadonlySet<string> {
  const unread = notReviewed.filter(({ reason }) => reason !== "deleted" && reason !== "no_changed_lines");
  const read = new Set([...reviewedPaths, ...notReviewed.map(({ path }) => path)]);
  return read.difference(new Set(unread.map(({ path }) => path)));
}
