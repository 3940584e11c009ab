/**
 * The reviewer that needs no credentials and no network: reviewd's own rules, run over what the diff added. Parsing
 * happens in a process of its own (parser-pool.ts); here findings are made of what comes back.
 */
import { addedLines, type FileDiff } from "../../git/diff.ts";
import type { Finding, NotReviewedReason, Review, Reviewer, ReviewInput } from "../reviewer.ts";
import { parsedAs, textJob, treeJob } from "./file-job.ts";
import type { Hit, Job } from "./job.ts";
import { createParserPool, type ParserPool } from "./parser-pool.ts";
import { type CatalogEntry, ruleCatalog } from "./rule-catalog.ts";
import { isSafeSuggestion } from "./safe-suggestion.ts";

export interface RulesReviewerOptions {
  /** Milliseconds one file may take to parse and match. */
  readonly fileMs?: number;
  /** Resident bytes a parser process may use. */
  readonly memoryBytes?: number;
  /** Files larger than this (bytes) are not parsed; the text rules still read their added lines. */
  readonly maxParsedBytes?: number;
  /** Parser processes at once. */
  readonly maxProcesses?: number;
  /** Milliseconds a parser process is kept without work. */
  readonly idleMs?: number;
}

/** Dispose of it to end its parser processes at once; otherwise they end when idle and with this process. */
export interface RulesReviewer extends Reviewer, AsyncDisposable {}

export function createRulesReviewer(options: RulesReviewerOptions = {}): RulesReviewer {
  const {
    fileMs = 10_000,
    memoryBytes = 1_024 ** 3,
    maxParsedBytes = 1_024 ** 2,
    maxProcesses = 2,
    idleMs = 30_000,
  } = options;
  const pool = createParserPool({ jobMs: fileMs, memoryBytes, maxProcesses, idleMs });
  return {
    name: "rules",
    review: (input) => review(input, pool, maxParsedBytes),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

const entries = new Map(ruleCatalog.map((entry) => [entry.id, entry]));

interface FileReview {
  readonly path: string;
  readonly findings: readonly Finding[];
  readonly reason: NotReviewedReason | null;
}

async function review(input: ReviewInput, pool: ParserPool, maxParsedBytes: number): Promise<Review> {
  const reviews: FileReview[] = [];
  // One file after another: a review holds one parser process at most, so none waits for another's large one.
  for (const file of input.files) reviews.push(await reviewFile(file, input, pool, maxParsedBytes));
  return {
    findings: reviews.flatMap((one) => one.findings).toSorted(compareFindings),
    reviewedPaths: reviews.filter((one) => one.reason === null).map((one) => one.path),
    notReviewed: reviews.flatMap(({ path, reason }) => (reason === null ? [] : [{ path, reason }])),
  };
}

async function reviewFile(
  file: FileDiff,
  input: ReviewInput,
  pool: ParserPool,
  maxParsedBytes: number,
): Promise<FileReview> {
  const { path } = file;
  const added = addedLines(file);
  const nothing = nothingToRead(file, added);
  if (nothing) return { path, findings: [], reason: nothing };

  const findings: Finding[] = [];
  const run = async (job: Job): Promise<NotReviewedReason | null> => {
    const outcome = await pool.run(job, input.signal);
    if (outcome.kind === "lost") return outcome.reason;
    findings.push(...outcome.hits.flatMap((hit) => toFinding(hit, path, added)));
    return null;
  };

  const textReason = await run(textJob(file));
  const job = await parseJob(file, input, maxParsedBytes);
  const parseReason = typeof job === "object" && job ? await run(job) : job;
  return { path, findings, reason: textReason ?? parseReason };
}

function nothingToRead(file: FileDiff, added: ReadonlySet<number>): NotReviewedReason | null {
  if (file.change === "deleted") return "deleted";
  if (file.binary) return "binary";
  if (file.omitted) return file.omitted;
  return added.size === 0 ? "no_changed_lines" : null;
}

async function parseJob(
  file: FileDiff,
  input: ReviewInput,
  maxParsedBytes: number,
): Promise<Job | "too_large" | null> {
  const language = parsedAs(file);
  const bytes = language && (await input.readFile(file.path));
  if (!language || !bytes) return null;
  if (bytes.byteLength > maxParsedBytes) return "too_large";
  return treeJob(file, language, new TextDecoder().decode(bytes));
}

/** Nothing, when the parser process names a rule or lines that cannot be. */
function toFinding(hit: Hit, path: string, added: ReadonlySet<number>): Finding[] {
  const entry = entries.get(hit.ruleId);
  if (!entry || hit.startLine > hit.line) return [];
  for (let line = hit.startLine; line <= hit.line; line++) if (!added.has(line)) return [];
  const { startLine, line } = hit;
  const { severity, category, title } = entry;
  const suggestion = hit.suggestion !== null && isSafeSuggestion(hit.suggestion) ? hit.suggestion : null;
  const body = bodyOf(entry, hit.more);
  return [
    {
      reviewer: "rules",
      ruleId: entry.id,
      path,
      startLine,
      line,
      severity,
      category,
      title,
      body,
      suggestion,
    },
  ];
}

function bodyOf({ why }: CatalogEntry, more: number): string {
  return more === 0
    ? why
    : `${why}\n\nThe same was found ${more} more time${more === 1 ? "" : "s"} further down in this file.`;
}

function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.path, b.path) ||
    a.line - b.line ||
    a.startLine - b.startLine ||
    compareText(a.ruleId ?? "", b.ruleId ?? "")
  );
}

/** By code unit, so that the order is the same in every locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
