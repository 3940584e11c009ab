/** What a local review found, before it is given a form. */
import { emptyTree } from "../../adapters/git/repository.ts";
import { type Finding, type Review, type Severity, severities } from "../../adapters/reviewer/reviewer.ts";
import type { FailOn } from "./arguments.ts";
import type { LocalConfiguration, UnfollowedConfiguration } from "./local-configuration.ts";
import type { ResolvedRange } from "./resolve-range.ts";

export interface Report {
  readonly range: ResolvedRange;
  /** The version of reviewd. */
  readonly version: string;
  readonly failOn: FailOn;
  /** A finding is at least as severe as failOn. */
  readonly failed: boolean;
  /** Most severe first, then by path and line. */
  readonly findings: readonly Finding[];
  readonly reviewedPaths: readonly string[];
  readonly notReviewed: Review["notReviewed"];
  /** Null: there is none, or it was left aside. */
  readonly configuration: LocalConfiguration | null;
  /** What the head and the working tree have instead of it. */
  readonly unfollowed: readonly UnfollowedConfiguration[];
  /** How many findings are less severe than it wants to be told of. */
  readonly belowThreshold: number;
}

interface ReportFacts extends Pick<Report, "range" | "version" | "failOn" | "configuration" | "unfollowed"> {
  /** Findings less severe are not said. */
  readonly severityThreshold: Severity;
}

export function createReport(review: Review, { severityThreshold, ...facts }: ReportFacts): Report {
  const said = review.findings.filter(({ severity }) => rank(severity) <= rank(severityThreshold));
  const findings = said.toSorted(
    (a, b) => rank(a.severity) - rank(b.severity) || compareText(a.path, b.path) || a.line - b.line,
  );
  const { reviewedPaths, notReviewed } = review;
  const failed = findings.some(({ severity }) => fails(severity, facts.failOn));
  const belowThreshold = review.findings.length - said.length;
  return { ...facts, failed, findings, reviewedPaths, notReviewed, belowThreshold };
}

/** How many findings there are of each severity that occurs, most severe first. */
export function countBySeverity(findings: readonly Finding[]): readonly (readonly [Severity, number])[] {
  return severities
    .map(
      (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0);
}

/** Null for a root commit, which is compared with nothing. */
export function baseCommit({ base }: ResolvedRange): string | null {
  return Object.values(emptyTree).includes(base) ? null : base;
}

function fails(severity: Severity, failOn: FailOn): boolean {
  return failOn !== "none" && rank(severity) <= rank(failOn);
}

function rank(severity: Severity): number {
  return severities.indexOf(severity);
}

/** By code unit, so that the order is the same in every locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
