/** How much of a pull request was reviewed, and what that allows to be said about it. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Coverage } from "../../adapters/postgres/publications.ts";
import type {
  NotReviewed,
  NotReviewedReason,
  Review,
  ReviewerName,
} from "../../adapters/reviewer/reviewer.ts";

export interface NamedReview {
  readonly reviewer: ReviewerName;
  readonly review: Review;
}

/** Files with these have nothing a review could miss, or were left out on purpose. */
const harmless: ReadonlySet<NotReviewedReason> = new Set([
  "deleted",
  "no_changed_lines",
  "excluded",
  "generated",
  "vendored",
  "lock_file",
]);

/** Counts each file of the diff exactly once; one that a reviewer did not account for was not reviewed by it. */
export function measureCoverage(files: readonly FileDiff[], reviews: readonly NamedReview[]): Coverage {
  const unread = reviews.map(({ reviewer, review }) => ({ reviewer, byPath: findUnread(files, review) }));
  const notReviewed = files.flatMap(({ path }): Coverage["notReviewed"] => {
    const missed = unread.flatMap(({ reviewer, byPath }) => {
      const one = byPath.get(path);
      return one ? [{ reviewer, one }] : [];
    });
    const [first] = missed;
    if (!first) return [];
    const reviewers = missed.map(({ reviewer }) => reviewer);
    return [reviewers.length === reviews.length ? first.one : { ...first.one, reviewers }];
  });
  return { reviewed: files.length - notReviewed.length, notReviewed };
}

function findUnread(files: readonly FileDiff[], review: Review): ReadonlyMap<string, NotReviewed> {
  const unread = new Map(review.notReviewed.map((one) => [one.path, one]));
  const read = new Set(review.reviewedPaths);
  for (const { path } of files) {
    if (!unread.has(path) && !read.has(path)) unread.set(path, { path, reason: "parser_failed" });
  }
  return unread;
}

function fileCount({ reviewed, notReviewed }: Coverage): number {
  return reviewed + notReviewed.length;
}

/** True when nothing that could be read was left unread: only then may a review without findings be a success. */
export function isComplete({ notReviewed }: Coverage): boolean {
  return notReviewed.every(({ reason }) => harmless.has(reason));
}

/** True when the pull request changes no line that anybody could review. */
export function isEmpty(coverage: Coverage): boolean {
  return coverage.reviewed === 0 && isComplete(coverage);
}

export function sayCoverage(coverage: Coverage): string {
  const files = fileCount(coverage);
  return `${coverage.reviewed} of ${files} ${files === 1 ? "file" : "files"} reviewed`;
}

/** Why it was not read, and how far. */
export function sayUnread({ reason, lines, reviewers }: Coverage["notReviewed"][number]): string {
  const by = reviewers === undefined ? "" : ` (${reviewers.join(", ")})`;
  if (lines === undefined) return sayReason(reason) + by;
  return `${lines} ${lines === 1 ? "line" : "lines"} not read, ${sayReason(reason)}${by}`;
}

/** True when only a part of it was not read, or only by some. */
export function isPartlyRead({ lines, reviewers }: Coverage["notReviewed"][number]): boolean {
  return lines !== undefined || reviewers !== undefined;
}

export function sayReason(reason: NotReviewedReason): string {
  switch (reason) {
    case "binary":
      return "binary";
    case "deleted":
      return "deleted";
    case "no_changed_lines":
      return "no added lines";
    case "too_large":
      return "too large";
    case "symlink":
      return "a symbolic link";
    case "submodule":
      return "a submodule";
    case "parser_failed":
      return "could not be parsed";
    case "timed_out":
      return "took too long";
    case "excluded":
      return "left out by the configuration";
    case "generated":
      return "generated";
    case "vendored":
      return "vendored";
    case "lock_file":
      return "a lock file";
    case "over_budget":
      return "more than the model takes";
    case "model_failed":
      return "the model gave no answer";
  }
}
