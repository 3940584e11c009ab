/** The order findings are said in: what matters most first, then what is surest, then as they stand in the files. */
import { type Finding, type ReviewerName, severities } from "../../adapters/reviewer/reviewer.ts";

export interface Ranked extends Finding {
  readonly reportedBy: readonly ReviewerName[];
}

/** A rule is either right or wrong for everybody and was tested; a model is sometimes wrong. */
const surest: readonly ReviewerName[] = ["rules", "agent", "model"];

export function compareRank(a: Ranked, b: Ranked): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    b.reportedBy.length - a.reportedBy.length ||
    surest.indexOf(a.reviewer) - surest.indexOf(b.reviewer) ||
    compareText(a.path, b.path) ||
    a.startLine - b.startLine ||
    a.line - b.line ||
    compareText(a.title, b.title)
  );
}

/** By code units, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
