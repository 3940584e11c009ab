/**
 * Makes findings of what a model reported about a part: paths and lines are held against what it was shown, and set
 * right where its quote of the code leaves no doubt. Pure.
 */

import { secretMask } from "../../mask-secrets.ts";
import { type Finding, severities } from "../../reviewer.ts";
import type { Part, PartFile, Row } from "../budget/part.ts";
import type { ReportedFinding } from "./review-answer.ts";
import { visibleLine } from "./visible-text.ts";

export interface ReadFindings {
  readonly findings: readonly Finding[];
  /** About files that are not in the diff, of low confidence, or more than one answer may have. */
  readonly dropped: number;
}

/** A model that says more has lost its measure. */
const maxFindings = 25;
const maxChars = { title: 200, category: 40, body: 4_000, suggestion: 6_000 };
/** No file of source code has more lines; the database takes no larger numbers. */
const maxLine = 10_000_000;
/** Lines that one finding may be about. */
const maxSpan = 200;

/** @param allPaths of the diff: a finding about another part's file is taken as it is */
export function readFindings(
  reported: readonly ReportedFinding[],
  part: Part,
  allPaths: ReadonlySet<string>,
): ReadFindings {
  const findings = reported
    .filter(({ confidence, title }) => confidence !== "low" && title.trim() !== "")
    .flatMap((one) => {
      const path = findPath(one.path, part, allPaths);
      return path === null ? [] : [toFinding(one, path, part)];
    })
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .slice(0, maxFindings);
  return { findings, dropped: reported.length - findings.length };
}

/** As it was shown, or as people write it: with `./`, or with git's `a/` and `b/`. */
function findPath(said: string, part: Part, allPaths: ReadonlySet<string>): string | null {
  for (const name of [said, said.trim().replace(/^"(.*)"$/, "$1"), said.replace(/^(\.?\/|[ab]\/)/, "")]) {
    if (allPaths.has(name)) return name;
    const shown = part.files.find(({ file }) => visibleLine(file.path) === name);
    if (shown) return shown.file.path;
  }
  return null;
}

function toFinding(one: ReportedFinding, path: string, part: Part): Finding {
  const file = part.files.find((shown) => shown.file.path === path);
  const rows = file ? numberedRows(file) : new Map<number, Row>();
  const { startLine, line } = locate(one, rows);
  return {
    reviewer: "model",
    ruleId: null,
    path,
    startLine,
    line,
    severity: one.severity,
    category: oneLine(one.category, maxChars.category).toLowerCase() || "correctness",
    title: oneLine(one.title, maxChars.title),
    body: cut(one.body.trim(), maxChars.body),
    suggestion: readSuggestion(one.suggestion, { startLine, line }, rows),
  };
}

function numberedRows({ sections }: PartFile): ReadonlyMap<number, Row> {
  return new Map(
    sections.flatMap(({ rows }) =>
      rows.flatMap((row): [number, Row][] => (row.newLine === null ? [] : [[row.newLine, row]])),
    ),
  );
}

interface Lines {
  readonly startLine: number;
  readonly line: number;
}

/** The lines as said, moved to where the quoted text is when it is elsewhere, and in one place only. */
function locate(one: ReportedFinding, rows: ReadonlyMap<number, Row>): Lines {
  const last = toLine(Math.max(one.line, one.start_line));
  const first = toLine(Math.min(one.line, one.start_line));
  const shift = quotedLine(one.quote, last, rows) - last;
  const line = last + shift;
  const startLine = Math.max(1, first + shift, line - maxSpan);
  // Of a range that begins outside what was shown, only the end is sure.
  return { startLine: rows.has(line) && !rows.has(startLine) ? line : startLine, line };
}

function toLine(said: number): number {
  return Number.isFinite(said) ? Math.min(maxLine, Math.max(1, Math.round(said))) : 1;
}

function quotedLine(quote: string, said: number, rows: ReadonlyMap<number, Row>): number {
  const text = quote.trim();
  const holds = (row: Row | undefined) => row !== undefined && visibleLine(row.text).trim() === text;
  if (text === "" || holds(rows.get(said))) return said;
  const [only, ...others] = [...rows].filter(([, row]) => holds(row));
  return only && others.length === 0 ? only[0] : said;
}

/** Null where it would replace what the model did not see, or bring back a mask, or nothing would change. */
function readSuggestion(
  said: string | null,
  { startLine, line }: Lines,
  rows: ReadonlyMap<number, Row>,
): string | null {
  if (said === null || said.length > maxChars.suggestion) return null;
  const replaced: string[] = [];
  for (let at = startLine; at <= line; at++) {
    const row = rows.get(at);
    if (!row?.isShown) return null;
    replaced.push(row.text.replace(/\r$/, ""));
  }
  const suggestion = withoutFence(said).replaceAll("\r\n", "\n").replace(/\n$/, "");
  if (suggestion.includes(secretMask)) return null;
  return suggestion === replaced.join("\n") ? null : suggestion;
}

function withoutFence(text: string): string {
  return /^\s*```[^\n]*\n(.*?)\n?```\s*$/s.exec(text)?.[1] ?? text;
}

function oneLine(text: string, max: number): string {
  return cut(text.replace(/\s+/g, " ").trim(), max);
}

function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  return whole.length <= max ? whole : `${whole.slice(0, max - 1).toWellFormed()}…`;
}
