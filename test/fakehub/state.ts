/** What GitHub keeps, as plain mutable records. How it is shown is `render/`, how it changes is `acts/`. */
import type { GitStore } from "./git/git-store.ts";

export type Role = "admin" | "maintain" | "write" | "triage" | "read";
export type Permissions = Readonly<Record<string, "read" | "write">>;
export type Side = "LEFT" | "RIGHT";
export const reactionContents = [
  "+1",
  "-1",
  "laugh",
  "confused",
  "heart",
  "hooray",
  "rocket",
  "eyes",
] as const;
export type ReactionContent = (typeof reactionContents)[number];

export interface Account {
  readonly id: number;
  readonly nodeId: string;
  login: string;
  readonly kind: "User" | "Organization" | "Bot";
  readonly createdAt: string;
  /** Deleted accounts show up as null wherever GitHub names a user. */
  deleted: boolean;
}

export interface Installation {
  readonly id: number;
  readonly account: Account;
  permissions: Permissions;
  repositorySelection: "all" | "selected";
  readonly createdAt: string;
  updatedAt: string;
  suspendedAt: string | null;
  deleted: boolean;
}

export interface Repository {
  readonly id: number;
  readonly nodeId: string;
  readonly owner: Account;
  name: string;
  /** Names it had before; calls with them are answered with 301. */
  readonly formerNames: string[];
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly parent: Repository | null;
  readonly git: GitStore;
  /** Whether the App's installation on the owner covers it. */
  installed: boolean;
  deleted: boolean;
  readonly roles: Map<Account, Role>;
  lastNumber: number;
  readonly createdAt: string;
  updatedAt: string;
  pushedAt: string;
}

export interface PullRequest {
  readonly id: number;
  readonly nodeId: string;
  readonly repository: Repository;
  readonly number: number;
  title: string;
  body: string | null;
  readonly author: Account;
  state: "open" | "closed";
  draft: boolean;
  labels: string[];
  readonly headRepository: Repository;
  readonly headRef: string;
  headSha: string;
  /** Every head it ever had; GitHub keeps those reachable for reviews. */
  readonly headHistory: string[];
  baseRef: string;
  baseSha: string;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeCommitSha: string | null;
}

export interface Reaction {
  readonly id: number;
  readonly nodeId: string;
  readonly author: Account;
  readonly content: ReactionContent;
  readonly createdAt: string;
}

interface Comment {
  readonly id: number;
  readonly nodeId: string;
  readonly pull: PullRequest;
  readonly author: Account;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
  /** The reason it was hidden with, if it is. */
  minimizedReason: string | null;
}

export interface IssueComment extends Comment {
  readonly kind: "issue";
}

export interface ReviewComment extends Comment {
  readonly kind: "inline";
  readonly review: Review;
  readonly thread: ReviewThread;
  readonly path: string;
  readonly subjectType: "line" | "file";
  readonly side: Side;
  readonly startSide: Side | null;
  readonly originalLine: number | null;
  readonly originalStartLine: number | null;
  readonly originalPosition: number | null;
  readonly originalCommitId: string;
  readonly diffHunk: string;
  readonly inReplyToId: number | null;
  /** Where it is in today's diff; null once that line is no longer part of it. */
  line: number | null;
  startLine: number | null;
  position: number | null;
  commitId: string;
}

export interface Review {
  readonly id: number;
  readonly nodeId: string;
  readonly pull: PullRequest;
  readonly author: Account;
  body: string;
  state: "PENDING" | "COMMENTED" | "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED";
  readonly commitId: string;
  submittedAt: string | null;
  updatedAt: string;
  /** Review bodies have reactions too, but only GraphQL shows them. */
  reactions: Reaction[];
  minimizedReason: string | null;
}

export interface ReviewThread {
  readonly id: number;
  readonly nodeId: string;
  readonly pull: PullRequest;
  resolvedBy: Account | null;
  updatedAt: string;
}

export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: "notice" | "warning" | "failure";
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckRun {
  readonly id: number;
  readonly nodeId: string;
  readonly repository: Repository;
  readonly suiteId: number;
  readonly headSha: string;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: "queued" | "in_progress" | "completed" | "waiting" | "requested" | "pending";
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: CheckAnnotation[];
}

/** Anything GraphQL can look up by its global node id. */
export type Node = PullRequest | IssueComment | ReviewComment | Review | ReviewThread;
