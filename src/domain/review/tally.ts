/** Findings counted by severity, and the sentences those counts make. */
import { type Severity, severities } from "../../adapters/reviewer/reviewer.ts";
import type { Report, SaidFinding } from "./report.ts";

export interface Tally {
  readonly severity: Severity;
  readonly fresh: number;
  /** Said on an earlier head and still there. */
  readonly open: number;
}

export type Counted = Pick<SaidFinding, "severity" | "disposition">;

/** One entry a severity that occurs, most severe first. */
export function tally(findings: readonly Counted[]): readonly Tally[] {
  return severities
    .map((severity) => {
      const same = findings.filter((finding) => finding.severity === severity);
      const open = same.filter(({ disposition }) => disposition === "repeated").length;
      return { severity, fresh: same.length - open, open };
    })
    .filter(({ fresh, open }) => fresh + open > 0);
}

/** `1 critical finding`, `3 findings (1 critical, 2 low), 1 of them known from an earlier push` */
export function sayFindings(findings: readonly Counted[]): string {
  const bySeverity = tally(findings).map(({ severity, fresh, open }) => ({ severity, number: fresh + open }));
  const [first] = bySeverity;
  if (!first) return "Nothing found";
  const listed = bySeverity.map(({ severity, number }) => `${number} ${severity}`).join(", ");
  const counted =
    bySeverity.length === 1
      ? count(first.number, `${first.severity} finding`)
      : `${count(findings.length, "finding")} (${listed})`;
  return counted + sayKnown(findings);
}

function sayKnown(findings: readonly Counted[]): string {
  const known = findings.filter(({ disposition }) => disposition === "repeated").length;
  if (known === 0) return "";
  return known === findings.length
    ? ", known from an earlier push"
    : `, ${known} of them known from an earlier push`;
}

/** What a reader should do about the worst of them. */
export function recommend(
  findings: readonly Counted[],
  { complete, fails }: { readonly complete: boolean; readonly fails: boolean },
): string {
  const worst = severities.find((severity) => findings.some((finding) => finding.severity === severity));
  switch (worst) {
    case "critical":
      return "Fix what is critical before merging.";
    case "high":
      return "Look at what is high before merging.";
    case "medium":
    case "low":
      return fails ? `Look at what is ${worst} before merging.` : "Nothing here has to hold up merging.";
    case undefined:
      if (fails) return "Somebody has to review this before merging.";
      return complete ? "Nothing stands in the way of merging." : "Not everything was reviewed: see below.";
  }
}

/** `Not said: 3 below the threshold, 2 on lines reviewed before.` Empty when nothing was held back. */
export function sayWithheld(withheld: Report["withheld"]): string {
  const {
    below_threshold: below = 0,
    unchanged_lines: unchanged = 0,
    dismissed = 0,
    suppressed = 0,
  } = withheld;
  const parts = [
    below === 0 ? [] : [`${below} below the severity threshold`],
    unchanged === 0 ? [] : [`${unchanged} on lines that were reviewed before`],
    dismissed === 0 ? [] : [`${dismissed} that somebody dismissed`],
    suppressed === 0 ? [] : [`${suppressed} of a kind that is suppressed here`],
  ].flat();
  return parts.length === 0 ? "" : `Not said: ${parts.join(", ")}.`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
