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
    () => `- ${codeSpan(path)}`,
    ...inFile.map((finding) => () => renderFinding(finding)),
  ]);
  return fit(
    lines,
    budgets.findings,
    "\n",
    (left) => `- and ${count(left, "line")} more, kept with the task`,
  );
}

function renderFinding({ severity, title, disposition, ...lines }: Report["findings"][number]): string {
  const open = disposition === "repeated" ? " _(still open)_" : "";
  return `  - ${severityName(severity)}, ${sayLines(lines)}: ${safeLine(title)}${open}`;
}

/** Findings that no inline comment explains. */
function renderDetails({ findings }: Report): string {
  const explained = findings.filter(({ disposition }) => disposition === "summary");
  if (explained.length === 0) return "";
  const title = `${count(explained.length, "finding")} without a comment in the diff`;
  const entries = explained.map((finding) => () => renderDetail(finding));
  const rest = (left: number) => `${count(left, "finding")} more are kept with the task.`;
  return collapsed(title, fit(entries, budgets.details, "\n\n", rest));
}

function renderDetail(finding: Finding): string {
  const title = `**${severityName(finding.severity)}: ${safeLine(finding.title)}**`;
  const where = `${codeSpan(finding.path)}, ${sayLines(finding)}`;
  return `${title} · ${where}\n\n${safeMarkdown(finding.body, maxDetailBody)}`;
}

function renderFiles({ notReviewed }: Coverage): string {
  if (notReviewed.length === 0) return "";
  const lines = notReviewed.map((file) => () => `- ${codeSpan(file.path)}: ${sayReason(file.reason)}`);
  const rest = (left: number) => `- and ${count(left, "file")} more`;
  const title = `${count(notReviewed.length, "file")} not reviewed`;
  return collapsed(title, fit(lines, budgets.files, "\n", rest));
}

function renderHistory(earlier: readonly EarlierReview[]): string {
  if (earlier.length === 0) return "";
  const rest = (left: number) => `- and ${left} before`;
  const title = `Earlier ${earlier.length === 1 ? "review" : "reviews"}`;
  const lines = earlier.map((review) => () => renderEarlier(review));
  return collapsed(title, fit(lines, budgets.history, "\n", rest));
}

function renderEarlier(review: EarlierReview): string {
  const minute = review.postedAt.toISOString().slice(0, 16).replace("T", " ");
  const open = review.repeatedFindings === 0 ? "" : `${review.repeatedFindings} still open, `;
  const files = `${review.reviewedFiles} of ${count(review.files, "file")} reviewed`;
  return `- \`${review.headSha.slice(0, 7)}\`, ${minute} UTC: ${review.newFindings} new, ${open}${files}`;
}

function sayLines({ startLine, line }: { readonly startLine: number; readonly line: number }): string {
  return startLine === line ? `line ${line}` : `lines ${startLine}–${line}`;
}

function collapsed(title: string, text: string): string {
  return `<details>\n<summary>${title}</summary>\n\n${text}\n\n</details>`;
}

/** As many parts as there is room for, then a word on how many are left; those are not even rendered. */
function fit(
  parts: readonly (() => string)[],
  maxLength: number,
  separator: string,
  rest: (left: number) => string,
): string {
  const kept: string[] = [];
  let length = 0;
  for (const render of parts) {
    const part = render();
    length += part.length + separator.length;
    if (length > maxLength) return [...kept, rest(parts.length - kept.length)].join(separator);
    kept.push(part);
  }
  return kept.join(separator);
}
