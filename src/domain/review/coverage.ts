/** How much of a pull request was reviewed, and what that allows to be said about it. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Coverage } from "../../adapters/postgres/publications.ts";
import type { NotReviewedReason, Review } from "../../adapters/reviewer/reviewer.ts";

/** Files with these have nothing a review could miss. */
const harmless: ReadonlySet<NotReviewedReason> = new Set(["deleted", "no_changed_lines"]);

/** Counts each file of the diff exactly once; one that the reviewer did not account for was not reviewed. */
export function measureCoverage(files: readonly FileDiff[], review: Review): Coverage {
  const reviewed = new Set(review.reviewedPaths);
  const reasons = new Map(review.notReviewed.map(({ path, reason }) => [path, reason]));
  const notReviewed = files.flatMap(({ path }): Coverage["notReviewed"] => {
    const reason = reasons.get(path) ?? (reviewed.has(path) ? null : "parser_failed");
    return reason === null ? [] : [{ path, reason }];
  });
  return { reviewed: files.length - notReviewed.length, notReviewed };
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
  }
}
