/** Where a hit may land: on added lines only, and what a suggestion there replaces. Pure. */
import type { LineRange } from "./job.ts";
import type { LineIndex } from "./line-index.ts";
import type { Edit } from "./rule.ts";

export interface Placed {
  readonly startLine: number;
  readonly line: number;
  readonly suggestion: string | null;
}

interface Unplaced {
  readonly startLine: number;
  readonly line: number;
  readonly edit?: Edit | null;
}

/**
 * The first run of added lines within startLine to line; null when none of them was added. With an edit whose
 * lines were all added, the lines it replaces.
 */
export function place(hit: Unplaced, index: LineIndex, added: readonly LineRange[]): Placed | null {
  const clamped = clamp(hit, added);
  if (!clamped) return null;
  const replaced = hit.edit ? index.linesOf(hit.edit) : null;
  if (!hit.edit || !replaced || !isAdded(replaced, added)) return { ...clamped, suggestion: null };
  return { ...replaced, suggestion: index.replaceWithin(replaced.startLine, replaced.line, hit.edit) };
}

function clamp({ startLine, line }: Unplaced, added: readonly LineRange[]) {
  for (const [first, last] of added) {
    if (last < startLine) continue;
    if (first > line) return null;
    return { startLine: Math.max(first, startLine), line: Math.min(last, line) };
  }
  return null;
}

function isAdded({ startLine, line }: Unplaced, added: readonly LineRange[]): boolean {
  return added.some(([first, last]) => first <= startLine && line <= last);
}
