/** Tells which findings are held back because people did not want such ones, and somebody approved that. */
import type { SuppressedFinding } from "../../adapters/postgres/findings.ts";
import type { Suppression } from "../../adapters/postgres/suppressions.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { isSafetyRule } from "../../adapters/reviewer/rules/safety-rules.ts";

type Subject = Pick<Finding, "ruleId" | "category">;

/** What endangers whoever reads it is never held back. */
export function isSuppressed(finding: Subject, suppressions: readonly Suppression[]): boolean {
  if (finding.ruleId !== null && isSafetyRule(finding.ruleId)) return false;
  const { kind, subject } = suppressionOf(finding);
  return suppressions.some((one) => one.kind === kind && one.subject === subject);
}

/** The one that would hold a finding back. */
export function suppressionOf({ ruleId, category }: Subject): Suppression {
  return ruleId === null ? { kind: "category", subject: category } : { kind: "rule", subject: ruleId };
}

/** The same for a finding that was held back and for the same one later, whatever its words. */
export function suppressedKey(finding: SuppressedFinding): string {
  const { kind, subject } = suppressionOf(finding);
  return JSON.stringify([kind, subject, finding.anchor]);
}
