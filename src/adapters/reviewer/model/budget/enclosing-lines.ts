/**
 * Which lines around a change make it understood: those of the function it is in, found by indentation, which is right
 * for formatted code in every language and needs no parser.
 */

export interface LineSpan {
  /** First and last line, from 1, both included. Empty when last < first. */
  readonly first: number;
  readonly last: number;
}

/** How far is looked, and how much is shown. */
const maxBefore = 40;
const maxAfter = 30;

const definition =
  /\b(function|def|func|fn|fun|sub|proc|class|interface|struct|enum|impl|trait|module|object|procedure|trigger)\b|\)\s*(:[^=]*)?(=>\s*)?\{\s*$|=>\s*[({]?\s*$|^\s*(public|private|protected|static|async|export)\b/i;

const control = /^\s*\}?\s*(if|else|elif|for|while|do|switch|match|case|try|catch|except|finally|with)\b/;
const maxTestedChars = 400;

/**
 * What to show of a file around a change, `shown` at least.
 * @param lines the file at its head
 * @param changed from the first to the last changed line
 * @param within lines that may be shown: no further than the changes before and after
 */
export function enclosingLines(
  lines: readonly string[],
  { changed, shown, within }: Record<"changed" | "shown" | "within", LineSpan>,
): LineSpan {
  const own = lines.slice(changed.first - 1, changed.last).filter((line) => line.trim() !== "");
  if (own.length === 0) return shown;
  const depth = Math.min(...own.map(indentationOf));
  const head = findHead(lines, changed.first, depth);
  if (head === null) return shown;
  const headDepth = indentationOf(lines[head - 1] ?? "");
  const end = findEnd(lines, changed.last, { headDepth, highest: within.last });
  return { first: Math.min(Math.max(head, within.first), shown.first), last: Math.max(end, shown.last) };
}

/** The nearest line above that begins what the change is in; null where there is none near enough. */
function findHead(lines: readonly string[], from: number, depth: number): number | null {
  let outer = depth;
  const end = Math.max(1, from - maxBefore);
  for (let line = from - 1; line >= end; line--) {
    const text = lines[line - 1] ?? "";
    if (text.trim() === "" || indentationOf(text) >= outer) continue;
    outer = indentationOf(text);
    const start = text.slice(0, maxTestedChars);
    if (definition.test(start) && !control.test(start)) return line;
  }
  return null;
}

function findEnd(
  lines: readonly string[],
  from: number,
  { headDepth, highest }: { readonly headDepth: number; readonly highest: number },
): number {
  const end = Math.min(highest, lines.length, from + maxAfter);
  for (let line = from + 1; line <= end; line++) {
    const text = lines[line - 1] ?? "";
    if (text.trim() === "" || indentationOf(text) > headDepth) continue;
    // The brace that ends it belongs to it; the next function does not.
    return /^\s*([}\])]|end\b)/.test(text) ? line : line - 1;
  }
  return end;
}

function indentationOf(line: string): number {
  const [space = ""] = /^\s*/.exec(line) ?? [];
  return space.replaceAll("\t", "    ").length;
}
