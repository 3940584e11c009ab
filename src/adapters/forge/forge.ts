/**
 * What reviewd asks of a forge, in plain values. One implementation a forge (github/, later gitlab/); each call
 * is one concern's request, with paging done inside. Every method throws ReviewdError with the code that says
 * what to do: not_found, forbidden (a permission is missing; InstallationUnavailableError where the installation
 * is suspended or gone), rate_limited (with retryAfterMs), invalid_input (the forge refused what was sent),
 * unavailable (timeout, 5xx, network).
 * A write that throws `unavailable` may have been done: look for its marker before doing it again.
 */
import { ReviewdError } from "../../errors.ts";
import type { CheckAnnotation, CheckState, PostedCheck } from "./check.ts";
import type {
  InlineComment,
  PostedComment,
  PostedReview,
  ReviewThread,
  ThreadEnd,
  ThreadEnded,
} from "./posted.ts";

/** The App was let in once and is no longer: nothing of this installation can be read or written. */
export class InstallationUnavailableError extends ReviewdError {
  readonly state: "suspended" | "deleted";

  constructor(state: "suspended" | "deleted", message: string, details: { cause?: unknown } = {}) {
    super("forbidden", message, details);
    this.state = state;
  }
}

/** The `reason` of a `forbidden` that is the whole installation's: it does not grant what the call needs. */
export const notGranted = "not_granted";

/** Where a repository lives and how to be let in. Ids are the forge's own; names may change, ids do not. */
export interface RepositoryRef {
  readonly installationId: number;
  readonly repositoryId: number;
  /** `owner/name`, as last seen. */
  readonly fullName: string;
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly isBot: boolean;
}

export interface PullRequestFacts {
  readonly number: number;
  readonly title: string;
  readonly state: "open" | "closed";
  readonly merged: boolean;
  readonly draft: boolean;
  /** Null for a deleted account. */
  readonly author: Account | null;
  /** True also when the fork was deleted. */
  readonly fromFork: boolean;
  readonly labels: readonly string[];
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  /** RFC 3339; orders facts that arrive out of order. */
  readonly updatedAt: string;
  readonly closedAt: string | null;
}

/** A pull request read by itself: with its description, which facts that are listed or stored go without. */
export interface PullRequest extends PullRequestFacts {
  /** Markdown; empty where there is none. */
  readonly body: string;
}

/** What `git fetch` needs; the token goes into an environment variable, never into arguments or the URL. */
export interface CloneAccess {
  readonly url: string;
  /** Value of the HTTP `Authorization` header. */
  readonly authorization: string;
}

type ReactionContent = "+1" | "-1" | "laugh" | "confused" | "heart" | "hooray" | "rocket" | "eyes";

export interface Reaction {
  readonly id: number;
  readonly content: ReactionContent;
  readonly createdAt: string;
  /** Null for a deleted or invisible account. */
  readonly reactor: Account | null;
}

/** Reactions of one comment. `missing`: the forge says it does not exist (or may not be seen). */
export type ReactionRead =
  | { readonly nodeId: string; readonly state: "complete"; readonly reactions: readonly Reaction[] }
  | { readonly nodeId: string; readonly state: "partial" }
  | { readonly nodeId: string; readonly state: "missing" };

export interface ReactionBatch {
  /** One entry for each id asked for that was answered; an id without entry was not answered. */
  readonly reads: readonly ReactionRead[];
  /** What the request cost of the installation's hourly limit. */
  readonly points: number;
  /** Null: this forge does not limit. */
  readonly limit: { readonly pointsLeft: number; readonly resetAt: string } | null;
}

export interface Delivery {
  /** As wide as 64 bits, so not a number. */
  readonly id: string;
  /** The id the webhook carried; the same on every redelivery. */
  readonly guid: string;
  readonly event: string;
  readonly deliveredAt: string;
  readonly succeeded: boolean;
}

export interface Installation {
  readonly id: number;
  readonly account: Account & { readonly kind: "user" | "organization" };
  readonly suspended: boolean;
  readonly permissions: Readonly<Record<string, string>>;
  /** RFC 3339; orders facts that arrive out of order. */
  readonly updatedAt: string;
}

export interface RepositoryFacts {
  readonly id: number;
  readonly fullName: string;
  readonly defaultBranch: string;
  readonly private: boolean;
  /** Nothing can be written there. */
  readonly archived: boolean;
}

/** What an account may do with a repository: reading is everybody's where it is public. */
export type Permission = "admin" | "write" | "read" | "none";

export interface Forge {
  readonly kind: "github";
  /** `github.com`, or the host of an Enterprise Server, with the port where it is not the usual one. */
  readonly host: string;
  /**
   * Milliseconds after which any one HTTP call is given up. A write is given up that long after it was asked for:
   * waiting for its turn and for a token count, so that it is never sent later.
   */
  readonly timeoutMs: number;

  /** What the App's account is called; costs no installation's token. */
  ownLogin(): Promise<string>;
  /** The App's own account, by which its comments are known. */
  ownAccount(): Promise<Account>;

  getPullRequest(repository: RepositoryRef, number: number): Promise<PullRequest>;
  /** Open pull requests, most recently updated first. */
  listOpenPullRequests(repository: RepositoryRef): AsyncIterable<PullRequestFacts>;
  /** The commit that a base branch is at now, and the one that a pull request's diff is taken from. */
  getBase(
    repository: RepositoryRef,
    base: string,
    head: string,
  ): Promise<{ readonly tip: string; readonly mergeBase: string }>;
  cloneAccess(repository: RepositoryRef): Promise<CloneAccess>;

  /** Posts a review with all its inline comments at once; refused whole when one comment cannot be placed. */
  createReview(
    repository: RepositoryRef,
    number: number,
    review: { readonly headSha: string; readonly body: string; readonly comments: readonly InlineComment[] },
  ): Promise<{ readonly id: number }>;
  listReviews(repository: RepositoryRef, number: number): Promise<readonly PostedReview[]>;
  listInlineComments(repository: RepositoryRef, number: number): Promise<readonly PostedComment[]>;
  /** A review cannot be deleted once submitted; its comments can, and that removes it from the conversation. */
  deleteInlineComment(repository: RepositoryRef, id: number): Promise<void>;
  /** Answers in the thread that begins with this comment, which is on this path. */
  replyInline(
    repository: RepositoryRef,
    number: number,
    reply: {
      readonly threadId: number;
      readonly path: string;
      readonly headSha: string;
      readonly body: string;
    },
  ): Promise<PostedComment>;
  updateReviewBody(repository: RepositoryRef, number: number, reviewId: number, body: string): Promise<void>;

  listThreads(repository: RepositoryRef, number: number): Promise<readonly ReviewThread[]>;
  /** In one request. One answer for each, in that order. */
  endThreads(repository: RepositoryRef, ends: readonly ThreadEnd[]): Promise<readonly ThreadEnded[]>;

  createComment(repository: RepositoryRef, number: number, body: string): Promise<PostedComment>;
  updateComment(repository: RepositoryRef, id: number, body: string): Promise<PostedComment>;
  listComments(repository: RepositoryRef, number: number): Promise<readonly PostedComment[]>;
  deleteComment(repository: RepositoryRef, id: number): Promise<void>;

  /** With at most maxAnnotations annotations. */
  createCheck(
    repository: RepositoryRef,
    check: CheckState & { readonly headSha: string; readonly externalId: string },
  ): Promise<{ readonly id: number }>;
  /** Replaces everything but the annotations: they are added, at most maxAnnotations, to those that are there. */
  updateCheck(repository: RepositoryRef, id: number, check: CheckState): Promise<void>;
  /** Our own check runs on a commit. */
  listChecks(repository: RepositoryRef, headSha: string): Promise<readonly PostedCheck[]>;
  listAnnotations(repository: RepositoryRef, checkId: number): Promise<readonly CheckAnnotation[]>;

  /**
   * What may be done only with a permission is denied when this throws, whatever it throws. A login can be another
   * account's by now: what that one may is not what this one may, which is then `none`.
   */
  getPermission(repository: RepositoryRef, account: Pick<Account, "id" | "login">): Promise<Permission>;

  /** At most 100 node ids, all of one installation. */
  readReactions(installationId: number, nodeIds: readonly string[]): Promise<ReactionBatch>;
  /**
   * Every reaction of one comment, all pages; for a comment with more than 100 and when GraphQL is down.
   * @throws ReviewdError conflict where they change faster than they can be read
   */
  listReactions(
    repository: RepositoryRef,
    comment: { readonly kind: "inline" | "summary" | "reply" | "answer"; readonly id: number },
  ): Promise<readonly Reaction[]>;

  /** The App's webhook deliveries, newest first. */
  listDeliveries(): AsyncIterable<Delivery>;
  redeliver(deliveryId: string): Promise<void>;
  listInstallations(): AsyncIterable<Installation>;
  listInstallationRepositories(installationId: number): AsyncIterable<RepositoryFacts>;
}
