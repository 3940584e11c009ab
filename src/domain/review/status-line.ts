/** The first lines of summary and check: what came out, how much was looked at, what to do. */
import { isComplete, isEmpty, sayCoverage } from "./coverage.ts";
import { isGated, isUnguarded } from "./merge-gate.ts";
import type { Report } from "./report.ts";
import { recommend, sayFindings } from "./tally.ts";

export function renderStatus(report: Pick<Report, "findings" | "coverage" | "facts">): string {
  const { findings, coverage } = report;
  if (isEmpty(coverage)) return "**Nothing to review:** no line was added that could be read.";
  const advice = recommend(findings, {
    complete: isComplete(coverage),
    fails: isGated(report) || isUnguarded(report),
  });
  return `**${sayFindings(findings)}.** ${sayCoverage(coverage)}. ${advice}`;
}
