/** What produces findings. Implementations: rules/ (embedded), model/ (a language model), later agent/. None writes to a forge. */
import type { FileDiff } from "../git/diff.ts";
import type { Part } from "./model/budget/part.ts";
import type { ModelCall } from "./model/model-call.ts";

/** Most severe first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

export type ReviewerName = "rules" | "model" | "agent";

export interface Finding {
  readonly reviewer: ReviewerName;
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

/** A diff and the files it leads to. */
export interface DiffInput {
  readonly files: readonly FileDiff[];
  /** A file's bytes at the head; null where it does not exist there. */
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
  readonly signal: AbortSignal;
}

/** What a reviewer is asked to review, and how. Text in it that comes from the pull request is data, never instructions. */
export interface ReviewInput extends DiffInput {
  /**
   * Files the repository's configuration leaves out. No reviewer says anything about them, but for what endangers a
   * reader (secrets, hidden characters).
   */
  readonly isExcluded: (path: string) => boolean;
  readonly disabledRules: ReadonlySet<string>;
  readonly brief: Brief;
  /** Told of each call of a model when it ends, also when the review fails afterwards, and what the model was shown. */
  readonly onModelCall: (call: ModelCall, shown: Part) => Promise<void>;
}

/** What a reviewer that reads prose is told beside the diff. */
export interface Brief {
  /** `provider/model`; null: the operator's first. */
  readonly model: string | null;
  readonly effort: "low" | "medium" | "high" | null;
  /** From the pull request: data. */
  readonly pullRequest: { readonly title: string; readonly body: string; readonly baseRef: string };
  /** From the base commit and the owner's settings: to be followed. */
  readonly instructions: readonly Instruction[];
  /** REVIEW.md of the base commit; replaces the review policy, never the safety rules. */
  readonly guidance: string | null;
  /** What was said before on this pull request, and what people of this repository disliked: data, at most 30. */
  readonly earlier: readonly EarlierRemark[];
}

/** What maintainers ask for where these files are changed. */
export interface Instruction {
  /** Patterns, as they were written; empty: every file. */
  readonly paths: readonly string[];
  readonly text: string;
  readonly appliesTo: (path: string) => boolean;
}

export interface EarlierRemark {
  readonly path: string;
  readonly line: number | null;
  readonly title: string;
  /** `open`: said on this pull request and still there; the others: not wanted again. */
  readonly verdict: "open" | "dismissed" | "downvoted";
  readonly replies: readonly string[];
}

/** Why a file of the diff, or a part of it, was not read. */
export type NotReviewedReason =
  | "binary"
  | "deleted"
  | "no_changed_lines"
  | "too_large"
  | "symlink"
  | "submodule"
  | "parser_failed"
  | "timed_out"
  | "excluded"
  | "generated"
  | "vendored"
  | "lock_file"
  | "over_budget"
  | "model_failed";

export interface NotReviewed {
  readonly path: string;
  readonly reason: NotReviewedReason;
  /** How many of its changed lines were not read, where it is not all of them. */
  readonly lines?: number;
}

export interface Review {
  readonly findings: readonly Finding[];
  /** Read as a whole. With notReviewed, every file of the diff. */
  readonly reviewedPaths: readonly string[];
  readonly notReviewed: readonly NotReviewed[];
}

export interface Reviewer {
  readonly name: ReviewerName;
  /**
   * Throws ReviewdError (ModelError where it is the model's doing); a file it cannot read costs that file
   * (notReviewed), never the review.
   */
  review(input: ReviewInput): Promise<Review>;
}
