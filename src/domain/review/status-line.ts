/** The first lines of summary and check: what came out, how much was looked at, what to do. */
import type { Coverage } from "../../adapters/postgres/publications.ts";
import { isComplete, isEmpty, sayCoverage } from "./coverage.ts";
import { type Counted, recommend, sayFindings } from "./tally.ts";

export function renderStatus(report: {
  readonly findings: readonly Counted[];
  readonly coverage: Coverage;
}): string {
  const { findings, coverage } = report;
  if (isEmpty(coverage)) return "**Nothing to review:** no line was added that could be read.";
  return `**${sayFindings(findings)}.** ${sayCoverage(coverage)}. ${recommend(findings, isComplete(coverage))}`;
}
