/** What produces findings. Implementations: rules/ (embedded), later model/ and agent/. None writes to a forge. */
import type { FileDiff } from "../git/diff.ts";

/** Most severe first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
  readonly reviewer: "rules" | "model" | "agent";
  /** Null where the reviewer has no named rules. */
  readonly ruleId: string | null;
  readonly path: string;
  /** First and last line at the head, both from 1, both included. */
  readonly startLine: number;
  readonly line: number;
  readonly severity: Severity;
  /** `security`, `correctness`, `migration`, `maintainability`, … in the reviewer's own words. */
  readonly category: string;
  /** One sentence, plain text. */
  readonly title: string;
  /** Markdown: why it matters and what to do. */
  readonly body: string;
  /** Replaces lines startLine to line exactly; null where no safe fix is known. */
  readonly suggestion: string | null;
}

export interface ReviewInput {
  readonly files: readonly FileDiff[];
  /** A file's bytes at the head; null where it does not exist there. */
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
  readonly signal: AbortSignal;
}

/** Why a file of the diff was not read. */
export type NotReviewedReason =
  | "binary"
  | "deleted"
  | "no_changed_lines"
  | "too_large"
  | "symlink"
  | "submodule"
  | "parser_failed"
  | "timed_out";

export interface Review {
  readonly findings: readonly Finding[];
  readonly reviewedPaths: readonly string[];
  readonly notReviewed: readonly { readonly path: string; readonly reason: NotReviewedReason }[];
}

export interface Reviewer {
  readonly name: Finding["reviewer"];
  /** Throws ReviewdError; a file it cannot read costs that file (notReviewed), never the review. */
  review(input: ReviewInput): Promise<Review>;
}
