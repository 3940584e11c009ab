/**
 * The reviewer that needs no credentials and no network: reviewd's own rules, run over what the diff added. Nothing
 * is parsed or matched in this process; see parser-pool.ts for where, and review-file.ts for what of a file is read.
 */
import type { DiffInput, Review, Reviewer, ReviewInput } from "../reviewer.ts";
import { ParserPool } from "./parser-pool.ts";
import { type FileReview, reviewFile } from "./review-file.ts";
import { compareFindings } from "./rule-finding.ts";

export interface RulesReviewerOptions {
  /** Milliseconds one file may take to parse and match. */
  readonly fileMs?: number;
  /** Resident bytes a parser process may use. */
  readonly memoryBytes?: number;
  /** Files larger than this (bytes) are not parsed; the text rules still read their added lines. */
  readonly maxParsedBytes?: number;
  /** Files of one review that may run out of time before no further one is parsed. */
  readonly maxTimeouts?: number;
  /** Parser processes at once. */
  readonly maxProcesses?: number;
  /** Milliseconds a parser process is kept without work. */
  readonly idleMs?: number;
}

/** What it reads of a review's input. */
export type RulesInput = DiffInput & Partial<Pick<ReviewInput, "isExcluded" | "disabledRules">>;

/** Dispose of it to end its parser processes at once; otherwise they end when idle and with this process. */
export interface RulesReviewer extends Reviewer, AsyncDisposable {
  readonly review: (input: RulesInput) => Promise<Review>;
}

const defaults: Required<RulesReviewerOptions> = {
  fileMs: 10_000,
  memoryBytes: 512 * 1_024 ** 2,
  maxParsedBytes: 512 * 1_024,
  maxTimeouts: 3,
  maxProcesses: 2,
  idleMs: 30_000,
};

export function createRulesReviewer(options: RulesReviewerOptions = {}): RulesReviewer {
  const limits = { ...defaults, ...options };
  const pool = new ParserPool({ ...limits, jobMs: limits.fileMs });
  return {
    name: "rules",
    review: (input) => review(input, pool, limits),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** One file after another: a review holds one parser process at most, so that others go on beside it. */
async function review(
  input: RulesInput,
  pool: ParserPool,
  { maxParsedBytes, maxTimeouts }: Required<RulesReviewerOptions>,
): Promise<Review> {
  const reviews: FileReview[] = [];
  let timeouts = 0;
  for (const file of input.files) {
    const mayParse = timeouts < maxTimeouts;
    const one = await reviewFile(file, { input, pool, maxParsedBytes, mayParse });
    if (one.reason === "timed_out") timeouts++;
    reviews.push(one);
  }
  return {
    findings: reviews.flatMap((one) => one.findings).toSorted(compareFindings),
    reviewedPaths: reviews.filter((one) => one.reason === null).map((one) => one.path),
    notReviewed: reviews.flatMap(({ path, reason }) => (reason === null ? [] : [{ path, reason }])),
  };
}
