/** A reviewer with fixed answers, and reports made from it: formats are tested apart from any rule. */
import type { Finding, Review } from "../../../src/adapters/reviewer/reviewer.ts";
import type { FailOn } from "../../../src/roles/review/arguments.ts";
import type {
  LocalConfiguration,
  UnfollowedConfiguration,
} from "../../../src/roles/review/local-configuration.ts";
import { createReport, type Report } from "../../../src/roles/review/report.ts";

export const range = {
  name: "main...cart",
  base: "a".repeat(40),
  head: "b".repeat(40),
  target: "c".repeat(40),
};

export function finding(values: Partial<Finding>): Finding {
  return {
    reviewer: "rules",
    ruleId: "sample/rule",
    path: "src/a.ts",
    startLine: 3,
    line: 3,
    severity: "high",
    category: "security",
    title: "The title",
    body: "Why it matters.",
    suggestion: null,
    ...values,
  };
}

export function sampleReport(
  found: Partial<Review>,
  failOn: FailOn = "high",
  configured: {
    readonly configuration?: LocalConfiguration;
    readonly unfollowed?: readonly UnfollowedConfiguration[];
    readonly severityThreshold?: Finding["severity"];
  } = {},
): Report {
  const { configuration = null, unfollowed = [], severityThreshold = "low" } = configured;
  const review = { findings: [], reviewedPaths: [], notReviewed: [], ...found };
  const followed = { configuration, unfollowed, severityThreshold };
  return createReport(review, { range, version: "1.2.3", failOn, ...followed });
}
