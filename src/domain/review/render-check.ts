/** What a check run says while its review is on and when it was done. Never `failure`: no gate is set. */
import type { CheckState } from "../../adapters/forge/forge.ts";
import type { Coverage } from "../../adapters/postgres/publications.ts";
import { isComplete, isEmpty, sayCoverage } from "./coverage.ts";
import { renderStatus } from "./status-line.ts";
import { type Counted, sayFindings } from "./tally.ts";

export function runningCheck(headSha: string): CheckState {
  return {
    status: "in_progress",
    conclusion: null,
    title: "Review in progress",
    summary: `\`${headSha.slice(0, 7)}\` is being reviewed.`,
  };
}

/** Only a review that read everything and found nothing is a success. */
export function completedCheck(report: {
  readonly findings: readonly Counted[];
  readonly coverage: Coverage;
}): CheckState {
  const { findings, coverage } = report;
  const clean = findings.length === 0 && isComplete(coverage) && !isEmpty(coverage);
  const title = isEmpty(coverage)
    ? "Nothing to review"
    : `${sayFindings(findings)}; ${sayCoverage(coverage)}`;
  return {
    status: "completed",
    conclusion: clean ? "success" : "neutral",
    title,
    summary: `${renderStatus(report)}\n\nThe summary comment on the pull request has the details.`,
  };
}
