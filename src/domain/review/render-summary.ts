/** The text of the one summary comment a pull request has: rendered whole each time, newest review first. */
import type { EarlierReview } from "../../adapters/postgres/pull-request-place.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { isPartlyRead, sayUnread } from "./coverage.ts";
import { collapsed, fit } from "./fit.ts";
import { severityName } from "./render-comment.ts";
import { renderFooter } from "./render-footer.ts";
import type { Report, SaidFinding } from "./report.ts";
import { codeSpan, safeLine, safeMarkdown } from "./safe-markdown.ts";
import { renderStatus } from "./status-line.ts";
import { count, sayWithheld, tally } from "./tally.ts";

/** Characters each part may take; with the head, the footer and the marker they stay below 24,000. */
const budgets = {
  problems: 1_000,
  warnings: 500,
  findings: 8_000,
  details: 6_500,
  gone: 1_000,
  unread: 2_500,
  read: 1_200,
  history: 1_500,
};
/** Of one finding's explanation in the summary; the whole is kept with the task. */
const maxDetailBody = 2_000;

export function renderSummary(report: Report, marker: string): string {
  const parts = [
    `### Review of \`${report.headSha.slice(0, 7)}\``,
    renderStatus(report),
    renderProblems(report),
    renderWarnings(report),
    renderTally(report),
    renderFindings(report),
    sayWithheld(report.withheld),
    renderDetails(report),
    renderGone(report),
    renderUnread(report),
    renderRead(report),
    renderHistory(report.earlier),
    renderFooter(report),
    marker,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function renderProblems({ facts }: Report): string {
  const { configurationPath, configurationProblems } = facts;
  const ofOwner = configurationProblems.filter(({ line }) => line === null);
  const ofFile = configurationProblems.filter(({ line }) => line !== null);
  const title = `**${codeSpan(configurationPath ?? "The configuration")} is not valid**`;
  const told = ofOwner.map(
    ({ message }) => `**Of the owner's settings** this could not be followed: ${safeLine(message)}`,
  );
  if (ofFile.length > 0) {
    told.push(
      `${title}; the last valid configuration was used:\n\n${listProblems(ofFile, budgets.problems)}`,
    );
  }
  return told.join("\n\n");
}

/** The owner's are told where they are set: nobody here can mend them, and nothing was left undone for them. */
function renderWarnings({ facts }: Report): string {
  const ofFile = facts.configurationWarnings.filter(({ line }) => line !== null);
  if (ofFile.length === 0) return "";
  const file = codeSpan(facts.configurationPath ?? "The configuration");
  return `**This in ${file}** has no effect:\n\n${listProblems(ofFile, budgets.warnings)}`;
}

function listProblems(problems: Report["facts"]["configurationProblems"], budget: number): string {
  const lines = problems.map(
    ({ line, message }) =>
      () =>
        `- line ${line}: ${safeLine(message)}`,
  );
  return fit(lines, budget, "\n", (left) => `- and ${left} more`);
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

function renderFinding({ severity, title, disposition, ...lines }: SaidFinding): string {
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

function renderGone({ facts: { gone } }: Report): string {
  if (gone.length === 0) return "";
  const lines = gone.map(
    ({ path, line, severity, title }) =>
      () =>
        `- ${codeSpan(path)}, line ${line}: ${safeLine(title)} (${severity})`,
  );
  const rest = (left: number) => `- and ${left} more`;
  const title = `${count(gone.length, "finding")} resolved since`;
  return collapsed(title, fit(lines, budgets.gone, "\n", rest));
}

function renderUnread({ coverage: { notReviewed } }: Report): string {
  if (notReviewed.length === 0) return "";
  const lines = notReviewed.map((file) => () => `- ${codeSpan(file.path)}: ${sayUnread(file)}`);
  const rest = (left: number) => `- and ${count(left, "file")} more`;
  const wholly = notReviewed.some(isPartlyRead) ? "wholly " : "";
  const title = `${count(notReviewed.length, "file")} not ${wholly}reviewed`;
  return collapsed(title, fit(lines, budgets.unread, "\n", rest));
}

function renderRead({ coverage, facts: { reviewedPaths } }: Report): string {
  if (reviewedPaths.length === 0) return "";
  const untold = coverage.reviewed - reviewedPaths.length;
  const sayMore = (left: number) => `- and ${count(left, "file")} more`;
  const last = untold > 0 ? [() => sayMore(untold)] : [];
  const lines = [...reviewedPaths.map((path) => () => `- ${codeSpan(path)}`), ...last];
  const rest = (left: number) => sayMore(left - last.length + untold);
  return collapsed(`${count(coverage.reviewed, "file")} reviewed`, fit(lines, budgets.read, "\n", rest));
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
