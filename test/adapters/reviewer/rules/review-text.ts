/** Reviews texts as if a pull request had added or changed them. */
import type { FileDiff, Hunk, HunkLine } from "../../../../src/adapters/git/diff.ts";
import type { Review } from "../../../../src/adapters/reviewer/reviewer.ts";
import type { RulesReviewer } from "../../../../src/adapters/reviewer/rules/rules-reviewer.ts";

export interface Change {
  readonly path: string;
  /** Null for a new file. */
  readonly base?: string | Uint8Array | null;
  readonly head: string | Uint8Array;
}

export async function reviewChanges(
  reviewer: RulesReviewer,
  changes: readonly Change[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Review> {
  const heads = new Map(changes.map(({ path, head }) => [path, toBytes(head)]));
  const readFile = async (path: string) => heads.get(path) ?? null;
  return reviewer.review({ files: changes.map(diffOf), readFile, signal });
}

export function diffOf({ path, base = null, head }: Change): FileDiff {
  const before = base === null ? [] : linesOf(base);
  const after = linesOf(head);
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same++;
  let sameEnd = 0;
  const room = Math.min(before.length, after.length) - same;
  while (sameEnd < room && before.at(-1 - sameEnd) === after.at(-1 - sameEnd)) sameEnd++;
  const deleted = before.slice(same, before.length - sameEnd);
  const added = after.slice(same, after.length - sameEnd);
  const lines: HunkLine[] = [
    ...deleted.map((text, index) => ({ kind: "deleted" as const, oldLine: same + index + 1, text })),
    ...added.map((text, index) => ({ kind: "added" as const, newLine: same + index + 1, text })),
  ];
  const hunk: Hunk = {
    oldStart: deleted.length === 0 ? same : same + 1,
    oldLines: deleted.length,
    newStart: added.length === 0 ? same : same + 1,
    newLines: added.length,
    lines,
  };
  const change = base === null ? "added" : "modified";
  return {
    path,
    oldPath: null,
    change,
    binary: false,
    omitted: null,
    hunks: lines.length === 0 ? [] : [hunk],
  };
}

function linesOf(content: string | Uint8Array): string[] {
  const lines = new TextDecoder().decode(toBytes(content)).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
