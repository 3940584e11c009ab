/** A report for programs. Fields are only ever added; a change of one that exists raises `version`. */

import { printableJson } from "../../printable-json.ts";
import { baseCommit, type Report } from "./report.ts";

const version = 1;

export function formatJson({ range, failOn, failed, findings, ...report }: Report): string {
  const document = {
    version,
    reviewd: report.version,
    range: { name: range.name, base: baseCommit(range), head: range.head },
    failOn,
    failed,
    findings: findings.map(({ reviewer, ruleId, severity, category, path, ...finding }) => ({
      reviewer,
      ruleId,
      severity,
      category,
      path,
      startLine: finding.startLine,
      line: finding.line,
      title: finding.title,
      body: finding.body,
      suggestion: finding.suggestion,
    })),
    reviewed: report.reviewedPaths,
    notReviewed: report.notReviewed.map(({ path, reason }) => ({ path, reason })),
    configuration: report.configuration,
    notFollowed: report.unfollowed,
    belowThreshold: report.belowThreshold,
  };
  return printableJson(document);
}
