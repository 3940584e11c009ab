/** A report for people, on a terminal or in a log. */
import { styleText } from "node:util";
import type { Finding, Severity } from "../../adapters/reviewer/reviewer.ts";
import { sayReason } from "../../domain/review/coverage.ts";
import { printable, printableLines } from "../../printable.ts";
import { baseCommit, countBySeverity, type Report } from "./report.ts";

export interface TextStyle {
  readonly colour: boolean;
  /** Characters in a line of prose. */
  readonly columns: number;
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Files that were not reviewed are named up to this many for each reason. */
const maxNamedPaths = 5;
const maxSuggestionLines = 12;

const severityStyles = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "cyan",
} as const satisfies Record<Severity, Parameters<typeof styleText>[0]>;

export function formatText(report: Report, { colour, columns }: TextStyle): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const findings = report.findings.map((finding) => formatFinding(finding, paint, columns));
  const configuration = [...configured(report, paint), ...unfollowed(report, paint)];
  return [
    ...findings,
    `${[summary(report, paint), ...notReviewed(report, paint), ...configuration].join("\n")}\n`,
  ].join("\n");
}

/** Text of the repository stands behind a `│`: at the start of a line a CI log may take it for a command. */
function formatFinding(finding: Finding, paint: Paint, columns: number): string {
  const { severity, path, startLine, line, ruleId, title, body, suggestion } = finding;
  const lines = startLine === line ? `${line}` : `${startLine}-${line}`;
  const place = paint("bold", `${printable(path)}:${lines}`);
  const rule = ruleId === null ? "" : `  ${paint("dim", printable(ruleId))}`;
  const prose = printableLines(body).flatMap((text) => wrap(text, columns - 4));
  return [
    `${paint(severityStyles[severity], severity.padEnd(8))}  ${place}${rule}`,
    `  ${paint("dim", "│")} ${paint("bold", printable(title))}`,
    ...prose.map((text) => `  ${paint("dim", "│")} ${text}`.trimEnd()),
    ...suggestionLines(suggestion, paint),
    "",
  ].join("\n");
}

function wrap(text: string, columns: number): readonly string[] {
  return Bun.wrapAnsi(text, columns).split("\n");
}

function suggestionLines(suggestion: string | null, paint: Paint): readonly string[] {
  if (suggestion === null) return [];
  const lines = printableLines(suggestion);
  const more = lines.length - maxSuggestionLines;
  return [
    `  ${paint("dim", "│ suggested instead:")}`,
    ...lines
      .slice(0, maxSuggestionLines)
      .map((line) => `  ${paint("dim", "│")} ${paint("green", `+ ${line}`)}`),
    ...(more > 0 ? [`  ${paint("dim", `│ and ${more} more lines`)}`] : []),
  ];
}

function summary({ findings, reviewedPaths, notReviewed, range }: Report, paint: Paint): string {
  const counts = countBySeverity(findings).map(([severity, count]) =>
    paint(severityStyles[severity], `${count} ${severity}`),
  );
  const found = findings.length === 0 ? paint("green", "no findings") : counts.join(", ");
  const changed = reviewedPaths.length + notReviewed.length;
  const base = baseCommit(range)?.slice(0, 9) ?? "nothing";
  const commits = paint("dim", `${base}..${range.head.slice(0, 9)}`);
  const files = `${reviewedPaths.length} of ${changed} changed file${changed === 1 ? "" : "s"} reviewed`;
  return `${found} · ${files} · ${printable(range.name)} ${commits}`;
}

function notReviewed({ notReviewed }: Report, paint: Paint): readonly string[] {
  const byReason = Map.groupBy(notReviewed, ({ reason }) => reason);
  return [...byReason].map(([reason, files]) => {
    const named = files.slice(0, maxNamedPaths).map(({ path }) => printable(path));
    const more = files.length > maxNamedPaths ? ` and ${files.length - maxNamedPaths} more` : "";
    return paint("dim", `not reviewed, ${sayReason(reason)}: ${named.join(", ")}${more}`);
  });
}

/** By which file some of it was left out, and what was wrong with that file. */
function configured({ configuration, belowThreshold }: Report, paint: Paint): readonly string[] {
  if (configuration === null) return [];
  const { path, commit, problems, warnings } = configuration;
  const at = `${path} at ${commit.slice(0, 9)}`;
  if (problems.length > 0) {
    const head = paint("yellow", `${at} is not valid, and was not followed:`);
    return [head, ...problems.map(({ line, message }) => `  line ${line}: ${printable(message)}`)];
  }
  const unsaid = belowThreshold === 0 ? "" : `; ${belowThreshold} below its severity threshold not shown`;
  // The rest of such a line may well have an effect.
  const idle = warnings.map(
    ({ line, message }) => `  on line ${line}, without effect: ${printable(message)}`,
  );
  return [paint("dim", `as ${at} wants it${unsaid}`), ...idle];
}

function unfollowed({ unfollowed, range }: Report, paint: Paint): readonly string[] {
  const counts = `it would have to be at ${range.target.slice(0, 9)}, where the changes go to`;
  return unfollowed.flatMap(({ path, commit, problems, warnings }) => {
    const place = commit === null ? "in the working tree" : `at ${commit.slice(0, 9)}`;
    const wrong = problems.length === 0 ? "" : "; nor is it valid:";
    const lines = [...problems, ...warnings].map(
      ({ line, message }) => `  line ${line}: ${printable(message)}`,
    );
    return [paint("dim", `${path} ${place} is not followed: ${counts}${wrong}`), ...lines];
  });
}
