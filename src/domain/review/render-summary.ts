/** The text of the one summary comment a pull request has: rendered whole each time, newest review first. */

import type { Coverage } from "../../adapters/postgres/publications.ts";
import type { EarlierReview } from "../../adapters/postgres/pull-request-place.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { sayReason } from "./coverage.ts";
import type { Disposition } from "./place-findings.ts";
import { severityName } from "./render-comment.ts";
import { codeSpan, safeLine, safeMarkdown } from "./safe-markdown.ts";
import { renderStatus } from "./status-line.ts";
import { count, tally } from "./tally.ts";

export interface Report {
  readonly headSha: string;
  /** In the order they are shown in, most severe first. */
  readonly findings: readonly (Finding & { readonly disposition: Disposition })[];
  readonly coverage: Coverage;
  /** Newest first. */
  readonly earlier: readonly EarlierReview[];
}

/** Characters each part may take; with the head, the footer and the marker they stay below 24,000. */
const budgets = { findings: 9_000, details: 8_000, files: 3_000, history: 2_000 };
/** Of one finding's explanation in the summary; the whole is kept with the task. */
const maxDetailBody = 2_000;

export function renderSummary(report: Report, marker: string): string {
  const parts = [
    `### Review of \`${report.headSha.slice(0, 7)}\``,
    renderStatus(report),
    renderTally(report),
    renderFindings(report),
    renderDetails(report),
    renderFiles(report.coverage),
    renderHistory(report.earlier),
    "<sub>Reviewed by rules, without a language model. A 👍 or 👎 on a comment tells whether it helped.</sub>",
    marker,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function renderTally({ findings }: Report): string {
  if (findings.length === 0) return "";
  const rows = tally(findings).map(
    ({ severity, fresh, open }) => `| ${severityName(severity)} | ${fresh} | ${open} |`,
  );
  return ["| Severity | New | Still open |", "| --- | ---: | ---: |", ...rows].join("\n");
}

function renderFindings({ findings }: Report): string {
  const byPath = Map.groupBy(findings, ({ path }) => path);
  const lines = [...byPath].flatMap(([path, inFile]) => [
    `- ${codeSpan(path)}`,
    ...inFile.map(
      ({ severity, title, disposition, ...lines }) =>
        `  - ${severityName(severity)}, ${sayLines(lines)}: ${safeLine(title)}${disposition === "repeated" ? " _(still open)_" : ""}`,
    ),
  ]);
  return fit(
    lines,
    budgets.findings,
    "\n",
    (left) => `- and ${count(left, "line")} more, kept with the task`,
  );
}

/** Findings that no inline comment explains. */
function renderDetails({ findings }: Report): string {
  const explained = findings.filter(({ disposition }) => disposition === "summary");
  if (explained.length === 0) return "";
  const entries = explained.map(
    (finding) =>
      `**${severityName(finding.severity)}: ${safeLine(finding.title)}** · ${codeSpan(finding.path)}, ${sayLines(finding)}\n\n${safeMarkdown(finding.body, maxDetailBody)}`,
  );
  const rest = (left: number) => `${count(left, "finding")} more are kept with the task.`;
  return collapsed(
    `${count(explained.length, "finding")} without a comment in the diff`,
    fit(entries, budgets.details, "\n\n", rest),
  );
}

function renderFiles(coverage: Coverage): string {
  const lines = coverage.notReviewed.map(({ path, reason }) => `- ${codeSpan(path)}: ${sayReason(reason)}`);
  if (lines.length === 0) return "";
  const rest = (left: number) => `- and ${count(left, "file")} more`;
  return collapsed(`${count(lines.length, "file")} not reviewed`, fit(lines, budgets.files, "\n", rest));
}

function renderHistory(earlier: readonly EarlierReview[]): string {
  if (earlier.length === 0) return "";
  const lines = earlier.map(
    ({ headSha, postedAt, newFindings, repeatedFindings, reviewedFiles, files }) =>
      `- \`${headSha.slice(0, 7)}\`, ${postedAt.toISOString().slice(0, 16).replace("T", " ")} UTC: ${newFindings} new, ${repeatedFindings} still open, ${reviewedFiles} of ${count(files, "file")} reviewed`,
  );
  const rest = (left: number) => `- and ${left} before`;
  return collapsed(
    `Earlier ${earlier.length === 1 ? "review" : "reviews"}`,
    fit(lines, budgets.history, "\n", rest),
  );
}

function sayLines({ startLine, line }: { readonly startLine: number; readonly line: number }): string {
  return startLine === line ? `line ${line}` : `lines ${startLine}–${line}`;
}

function collapsed(title: string, text: string): string {
  return `<details>\n<summary>${title}</summary>\n\n${text}\n\n</details>`;
}

/** As many parts as there is room for, then a word on how many are left. */
function fit(
  parts: readonly string[],
  maxLength: number,
  separator: string,
  rest: (left: number) => string,
): string {
  const kept: string[] = [];
  let length = 0;
  for (const part of parts) {
    length += part.length + separator.length;
    if (length > maxLength) return [...kept, rest(parts.length - kept.length)].join(separator);
    kept.push(part);
  }
  return kept.join(separator);
}
