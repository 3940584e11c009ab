/** What a check run says while its review is on and when it was done. */

import type { CheckState } from "../../adapters/forge/check.ts";
import { checkAnnotations } from "./check-annotations.ts";
import { isComplete, isEmpty, sayCoverage } from "./coverage.ts";
import { isGated, isUnguarded } from "./merge-gate.ts";
import { sayFallback } from "./render-footer.ts";
import type { Report } from "./report.ts";
import { renderStatus } from "./status-line.ts";
import { count, sayFindings } from "./tally.ts";

type Told = Omit<Report, "headSha" | "earlier" | "withheld">;

export function runningCheck(headSha: string): CheckState {
  return {
    status: "in_progress",
    conclusion: null,
    title: "Review in progress",
    summary: `\`${headSha.slice(0, 7)}\` is being reviewed.`,
    annotations: [],
  };
}

/** Of a review that waits until somebody acts. */
export function actionCheck(text: string): CheckState {
  return {
    status: "completed",
    conclusion: "action_required",
    title: "The review waits until somebody acts",
    summary: text,
    annotations: [],
  };
}

/** Only a review as it was asked for that read everything and found nothing is a success. */
export function completedCheck(report: Told): CheckState {
  const { findings, coverage } = report;
  const { annotations, left } = checkAnnotations(report);
  const title = isEmpty(coverage)
    ? "Nothing to review"
    : `${sayFindings(findings)}; ${sayCoverage(coverage)}`;
  const more = left === 0 ? "" : `${count(left, "further finding")} without an annotation.`;
  const details = "The summary comment on the pull request has the details.";
  const parts = [renderStatus(report), sayGate(report), sayFaults(report), more, details];
  return {
    status: "completed",
    conclusion: conclude(report),
    title,
    summary: parts.filter((part) => part !== "").join("\n\n"),
    annotations,
  };
}

function conclude(report: Told): CheckState["conclusion"] {
  const { findings, coverage, facts } = report;
  if (isGated(report) || isUnguarded(report)) return "failure";
  const asAsked = facts.fallback === null && facts.configurationProblems.length === 0;
  const clean = findings.length === 0 && isComplete(coverage) && !isEmpty(coverage);
  return clean && asAsked ? "success" : "neutral";
}

function sayGate(report: Told): string {
  if (!isGated(report)) {
    return isUnguarded(report)
      ? "The check fails because the model has not reviewed this: somebody has to."
      : "";
  }
  const { gate } = report.facts;
  return gate === "critical"
    ? "The check fails because something critical is open."
    : `The check fails because something ${gate} or worse is open.`;
}

function sayFaults({ facts }: Told): string {
  const fallback =
    facts.fallback === null ? [] : [`${sayFallback(facts.fallback)}: only rules have reviewed this.`];
  const problems = facts.configurationProblems.filter(({ line }) => line !== null).length;
  const ofOwner = facts.configurationProblems.length - problems;
  const idle = facts.configurationWarnings.filter(({ line }) => line !== null).length;
  const invalid = problems === 0 ? [] : [`The configuration is not valid: ${count(problems, "problem")}.`];
  const unfollowed =
    ofOwner === 0 ? [] : [`Of the owner's settings, ${count(ofOwner, "value")} could not be followed.`];
  const warned = idle === 0 ? [] : [`Of the configuration, ${count(idle, "value")} had no effect.`];
  return [...fallback, ...invalid, ...unfollowed, ...warned].join(" ");
}
