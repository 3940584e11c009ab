/** What is posted on a pull request, and what the forge lists of it. */
import type { Account } from "./forge.ts";

/** An inline comment as it is posted. Lines are of the file at the reviewed head. */
export interface InlineComment {
  readonly path: string;
  readonly line: number;
  /** Only for a comment on several lines; always before `line`. */
  readonly startLine: number | null;
  readonly body: string;
}

/** A comment as the forge lists it. */
export interface PostedComment {
  readonly id: number;
  readonly nodeId: string;
  readonly body: string;
  /** Null for a deleted account. */
  readonly author: Account | null;
  readonly url: string;
  readonly createdAt: string;
  /** Null on issue comments. */
  readonly path: string | null;
  /** Null on issue comments and where the line is outdated. */
  readonly line: number | null;
  /** The first comment of the thread; null on that one itself, and on issue comments. */
  readonly inReplyToId: number | null;
}

/** A conversation that begins with an inline comment. */
export interface ReviewThread {
  readonly id: string;
  readonly isResolved: boolean;
  /** The first of them, the one it begins with first. */
  readonly comments: readonly {
    readonly id: number;
    readonly nodeId: string;
    readonly isMinimized: boolean;
  }[];
  /** One for each of its comments; null where it is not told. */
  readonly authorIds: readonly (number | null)[];
}

/** `resolve` needs the permission to write contents; `minimize` hides one comment. Doing either again changes nothing. */
export type ThreadEnd =
  | { readonly kind: "resolve"; readonly threadId: string }
  | { readonly kind: "minimize"; readonly nodeId: string };

export type ThreadEnded = "ended" | "missing" | "forbidden" | "failed";

export interface PostedReview {
  readonly id: number;
  readonly body: string;
  readonly author: Account | null;
  readonly submittedAt: string | null;
}
