/** Where a hit may land: on added lines only, and what a suggestion there replaces. Pure. */
import type { LineRange } from "./job.ts";
import type { Edit } from "./rule.ts";

export interface Placed {
  readonly startLine: number;
  readonly line: number;
  readonly suggestion: string | null;
}

/**
 * The first run of added lines within startLine to line; null when none of them was added. With an edit whose
 * lines were all added, the lines it replaces.
 */
export function place(
  hit: { readonly startLine: number; readonly line: number; readonly edit?: Edit | null },
  text: string,
  added: readonly LineRange[],
): Placed | null {
  const clamped = clamp(hit.startLine, hit.line, added);
  if (!clamped) return null;
  const replaced = hit.edit ? replacedLines(text, hit.edit) : null;
  if (!replaced || !isAdded(replaced, added)) return { ...clamped, suggestion: null };
  return replaced;
}

function clamp(startLine: number, line: number, added: readonly LineRange[]) {
  for (const [first, last] of added) {
    if (last < startLine) continue;
    if (first > line) return null;
    return { startLine: Math.max(first, startLine), line: Math.min(last, line) };
  }
  return null;
}

function isAdded(range: Placed, added: readonly LineRange[]): boolean {
  return added.some(([first, last]) => first <= range.startLine && range.line <= last);
}

function replacedLines(text: string, edit: Edit): Placed {
  const from = edit.start === 0 ? 0 : text.lastIndexOf("\n", edit.start - 1) + 1;
  const end = text.indexOf("\n", edit.end);
  const to = end === -1 ? text.length : end;
  const startLine = countBreaks(text, 0, from) + 1;
  return {
    startLine,
    line: startLine + countBreaks(text, from, to),
    suggestion: text.slice(from, edit.start) + edit.text + text.slice(edit.end, to),
  };
}

function countBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
