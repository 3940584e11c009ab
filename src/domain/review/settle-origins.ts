/** What became of findings said before that nobody reported this time: they are gone, or they stay open. */
import type { Origin } from "../../adapters/postgres/findings.ts";
import type { NamedReview } from "./coverage.ts";
import { readAnchor } from "./fingerprint.ts";
import type { Renames } from "./match-origins.ts";
import { type ReadBefore, readPaths } from "./reviewed-lines.ts";
import { hashLine, isTelling, type ShownFile, type ShownFiles } from "./shown-lines.ts";

export type Settled =
  | {
      readonly kind: "gone";
      readonly origin: Origin;
      /** Its text is not in the pull request any more; or it is, and whoever reported it does not do so again. */
      readonly why: "lines_gone" | "no_longer_found";
    }
  | {
      readonly kind: "carried";
      readonly origin: Origin;
      /**
       * Not everybody who reported it read the file this time; or a language model left it out although nothing in the
       * file changed, which says more about the model than about the file.
       */
      readonly why: "not_read" | "unchanged";
      /** Where its text is now; where that is unknown, where it was. */
      readonly at: Place;
    };

/** Of one line, where it occurs over and over. */
const maxPlaces = 100;

interface Place {
  readonly path: string;
  readonly startLine: number;
  readonly line: number;
}

export interface Surroundings {
  readonly shownFiles: ShownFiles;
  readonly renames: Renames;
  readonly reviews: readonly NamedReview[];
  readonly readBefore: ReadBefore;
}

export function settleOrigins(origins: readonly Origin[], around: Surroundings): readonly Settled[] {
  if (origins.length === 0) return [];
  const lines = indexLines(around.shownFiles);
  const readers = new Map(around.reviews.map((named) => [named.reviewer, readPaths(named.review)]));
  return origins.map((origin) => {
    const found = locate(origin, lines, around);
    const at = found ?? whereItWas(origin, around);
    const isShown = readAnchor(origin.anchor).lines.length > 0;
    const file = around.shownFiles.get(at.path)?.file;
    const hasNoLines = !file || file.change === "deleted";
    if (isShown && !found && hasNoLines) return { kind: "gone", origin, why: "lines_gone" };
    const isRead = origin.reportedBy.every((reviewer) => {
      const read = readers.get(reviewer);
      return read !== undefined && (hasNoLines || read.has(at.path));
    });
    if (!isRead) return { kind: "carried", origin, why: "not_read", at };
    if (isShown && !found) return { kind: "gone", origin, why: "lines_gone" };
    const isGuess = origin.reportedBy[0] !== "rules";
    const isUnchanged = isGuess && around.readBefore.isFileUnchanged(at.path, origin.reportedBy);
    if (isUnchanged) return { kind: "carried", origin, why: "unchanged", at };
    return { kind: "gone", origin, why: "no_longer_found" };
  });
}

interface Position {
  readonly shown: ShownFile;
  readonly at: number;
}

/** Where each line's text is, by its hash. */
function indexLines(shownFiles: ShownFiles): ReadonlyMap<string, readonly Position[]> {
  const positions = new Map<string, Position[]>();
  for (const shown of shownFiles.values()) {
    for (const [at, { text }] of shown.lines.entries()) {
      const hash = hashLine(text);
      const same = positions.get(hash);
      if (same) same.push({ shown, at });
      else positions.set(hash, [{ shown, at }]);
    }
  }
  return positions;
}

function whereItWas({ path, startLine, line }: Origin, { renames, shownFiles }: Surroundings): Place {
  const renamed = shownFiles.has(path) ? path : renames.get(path);
  return { path: renamed ?? path, startLine, line };
}

/** The first place that has all its lines in order, in its own file if it is there. */
function locate(
  origin: Origin,
  positions: ReadonlyMap<string, readonly Position[]>,
  around: Surroundings,
): Place | null {
  const { lines } = readAnchor(origin.anchor);
  const [first] = lines;
  if (first === undefined) return null;
  const { path } = whereItWas(origin, around);
  const all = positions.get(first) ?? [];
  const own = all.filter(({ shown }) => shown.file.path === path);
  for (const { shown, at } of [...own.slice(0, maxPlaces), ...all.slice(0, maxPlaces)]) {
    const end = endOfRun(shown, at, lines);
    const [startLine, line] = [
      shown.lines[at]?.newLine,
      end === null ? undefined : shown.lines[end]?.newLine,
    ];
    if (startLine !== undefined && line !== undefined) return { path: shown.file.path, startLine, line };
  }
  return null;
}

/** The position of the last of the lines, which follow each other with nothing telling between; null: they do not. */
function endOfRun({ lines }: ShownFile, start: number, wanted: readonly string[]): number | null {
  const hunk = lines[start]?.hunk;
  let next = 0;
  for (let at = start; lines[at]?.hunk === hunk; at++) {
    const line = lines[at];
    if (!line) return null;
    if (hashLine(line.text) === wanted[next]) next++;
    else if (isTelling(line)) return null;
    if (next === wanted.length) return at;
  }
  return null;
}
