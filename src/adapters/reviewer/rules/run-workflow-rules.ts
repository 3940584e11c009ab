/** Runs the rules that judge a workflow as a whole. Runs in the parser process. */
import { parseDocument } from "yaml";
import { brokenWorkflowRule, workflowReportRules } from "./packs/workflow-reports.ts";
import type { WorkflowLinter } from "./workflow-linter.ts";

interface WorkflowMark {
  readonly ruleId: string;
  readonly startLine: number;
  readonly line: number;
}

export function runWorkflowRules(text: string, lint: WorkflowLinter): WorkflowMark[] {
  const brokenLine = findBrokenLine(text);
  if (brokenLine !== null) return [markOf(brokenWorkflowRule.id, brokenLine)];
  // The linter is older than anchors in workflows and takes an alias for a missing section.
  if (/(^|\s)\*[\w-]+\s*$/m.test(text)) return [];
  const lines = text.split("\n");
  return lint(text).flatMap((report) => {
    const rest = lines[report.line - 1]?.slice(report.column - 1) ?? "";
    const rule = workflowReportRules.find(
      ({ reports }) =>
        reports.kind === report.kind &&
        reports.message.test(report.message) &&
        (reports.at?.test(rest) ?? true),
    );
    return rule ? [markOf(rule.id, report.line)] : [];
  });
}

/** Characters that YAML forbids, which this parser takes. */
const forbidden = /(?![\t\n\r\u0085])\p{Cc}/u;

function findBrokenLine(text: string): number | null {
  const at = text.search(forbidden);
  if (at !== -1) return text.slice(0, at).split("\n").length;
  const [error] = parseDocument(text, { logLevel: "silent" }).errors;
  return error ? (error.linePos?.[0].line ?? 1) : null;
}

function markOf(ruleId: string, line: number): WorkflowMark {
  return { ruleId, startLine: line, line };
}
