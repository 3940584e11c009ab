/** Makes findings of what the parser process answers, and puts them in their order. Pure. */
import type { Finding } from "../reviewer.ts";
import type { Hit } from "./job.ts";
import { type CatalogEntry, ruleCatalog } from "./rule-catalog.ts";
import { isSafeSuggestion } from "./safe-suggestion.ts";

const entries = new Map(ruleCatalog.map((entry) => [entry.id, entry]));

/** None, when the process names a rule that does not exist or lines that the diff did not add. */
export function findingOf(hit: Hit, path: string, added: ReadonlySet<number>): Finding[] {
  const entry = entries.get(hit.ruleId);
  if (!entry || !areAdded(hit, added)) return [];
  const { startLine, line } = hit;
  const { id, severity, category, title } = entry;
  const suggestion = hit.suggestion !== null && isSafeSuggestion(hit.suggestion) ? hit.suggestion : null;
  const body = bodyOf(entry, hit.more);
  return [
    { reviewer: "rules", ruleId: id, path, startLine, line, severity, category, title, body, suggestion },
  ];
}

function areAdded({ startLine, line }: Hit, added: ReadonlySet<number>): boolean {
  for (let each = startLine; each <= line; each++) if (!added.has(each)) return false;
  return startLine <= line;
}

function bodyOf({ why }: CatalogEntry, more: number): string {
  if (more === 0) return why;
  return `${why}\n\nThe same was found ${more === 1 ? "once" : `${more} times`} more further down in this file.`;
}

/** By path, line and rule: the same findings always come in the same order. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.path, b.path) ||
    a.line - b.line ||
    a.startLine - b.startLine ||
    compareText(a.ruleId ?? "", b.ruleId ?? "")
  );
}

/** By code unit, which no locale changes. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
