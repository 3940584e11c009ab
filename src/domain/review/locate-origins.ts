/** Where the text is now that a finding said before is about. */
import type { Origin } from "../../adapters/postgres/findings.ts";
import { readAnchor } from "./fingerprint.ts";
import type { Renames } from "./match-origins.ts";
import { hashLine, isTelling, type LineRange, type ShownFile, type ShownFiles } from "./shown-lines.ts";

export interface Place extends LineRange {
  readonly path: string;
}

/** An earlier finding, and where it was found again. */
export interface FoundAgain {
  readonly origin: Origin;
  readonly at: Place;
}

/** Of one text, where it occurs over and over. */
const maxPlaces = 100;

/**
 * @returns null: its text is not there, or only where another finding about equal text was found again. Each place is
 *   given once, but to findings that were about one and the same place.
 */
export function createLocator(
  shownFiles: ShownFiles,
  renames: Renames,
  foundAgain: readonly FoundAgain[],
): (origin: Origin) => Place | null {
  const positions = indexLines(shownFiles);
  /** By where it was, and which text. */
  const moved = new Map(foundAgain.map(({ origin, at }) => [placeKey(origin, textOf(origin)), at]));
  const taken = new Set(foundAgain.map(({ origin, at }) => placeKey(at, textOf(origin))));
  return (origin) => {
    const text = textOf(origin);
    const together = moved.get(placeKey(origin, text));
    if (together) return together;
    const lines = readAnchor(origin.anchor).lines;
    const all = positions.get(lines[0] ?? "") ?? [];
    const { path } = whereItWas(origin, shownFiles, renames);
    const own = all.filter(({ shown }) => shown.file.path === path);
    for (const position of [...own.slice(0, maxPlaces), ...all.slice(0, maxPlaces)]) {
      const place = placeAt(position, lines);
      if (place === null || taken.has(placeKey(place, text))) continue;
      taken.add(placeKey(place, text));
      moved.set(placeKey(origin, text), place);
      return place;
    }
    return null;
  };
}

/** Under its new name, if the file has one. */
export function whereItWas(
  { path, startLine, line }: Place,
  shownFiles: ShownFiles,
  renames: Renames,
): Place {
  const renamed = shownFiles.has(path) ? path : renames.get(path);
  return { path: renamed ?? path, startLine, line };
}

function textOf({ anchor }: Origin): string {
  return readAnchor(anchor).lines.join(".");
}

function placeKey({ path, startLine }: Place, text: string): string {
  return JSON.stringify([path, startLine, text]);
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

/** Null unless the lines follow each other there with nothing telling between. */
function placeAt({ shown, at }: Position, wanted: readonly string[]): Place | null {
  const { lines, file } = shown;
  const first = lines[at];
  let next = 0;
  for (let position = at; first && lines[position]?.hunk === first.hunk; position++) {
    const line = lines[position];
    if (!line) return null;
    if (hashLine(line.text) === wanted[next]) next++;
    else if (isTelling(line)) return null;
    if (next === wanted.length) return { path: file.path, startLine: first.newLine, line: line.newLine };
  }
  return null;
}
