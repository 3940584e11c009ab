/** What deliveries tell, as facts and in our words: what parseEvent makes and applyEvent acts on. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import type { CommentKind } from "../../adapters/postgres/review-comments.ts";
import { type DeliveryOutcome, ignored } from "./delivery-outcome.ts";
import type { PayloadAccount, PayloadInstallation, PayloadRepository } from "./github-payload.ts";

/** Where something happened. Null: the event names no installation, as those of hooks that are not the App's own. */
export interface EventPlace {
  readonly repository: PayloadRepository;
  readonly installationId: number | null;
}

/** The one aspect of a pull request that an action changes. */
export type PullRequestChange =
  | { readonly action: "opened" | "reopened" | "closed" | "ready_for_review" | "converted_to_draft" }
  | { readonly action: "synchronize"; readonly before: string }
  | { readonly action: "labeled" | "unlabeled"; readonly label: string | null }
  /** Only what alters the diff: another base branch. Null: something else was edited. */
  | { readonly action: "edited"; readonly formerBaseRef: string | null };

export interface ListedRepository {
  readonly id: number;
  readonly fullName: string;
  readonly private: boolean;
}

/** Written by a person and sent by that person. */
export interface SaidComment {
  readonly commentKind: "conversation" | "thread";
  readonly commentId: number;
  /** The first comment of its thread; null in the conversation. */
  readonly threadId: number | null;
  readonly author: { readonly id: number; readonly login: string };
  readonly body: string;
}

/** Who did something; null: the account was deleted, or may not be seen. */
export type Person = { readonly id: number; readonly login: string | null } | null;

/** What a person made of something on the pull request, which may be ours. Times are the forge's; null: not told. */
export type SaidFeedback =
  | {
      readonly kind: "reply";
      readonly commentId: number;
      /** The first comment of its thread. */
      readonly threadId: number;
      readonly author: Person;
      /** Null: it was deleted. */
      readonly text: string | null;
      /** What an edit replaced. */
      readonly formerText: string | null;
      readonly createdAt: string | null;
      readonly changedAt: string | null;
    }
  | {
      readonly kind: "thread";
      readonly commentIds: readonly number[];
      readonly isResolved: boolean;
      readonly by: Person;
      readonly changedAt: string | null;
    }
  | { readonly kind: "dismissal"; readonly reviewId: number; readonly by: Person };

export type RepositoryAction = "deleted" | "archived" | "transferred" | "changed";
export type InstallationAction = "active" | "suspended" | "deleted";

export type DeliveryEvent =
  | {
      readonly kind: "pull_request";
      readonly place: EventPlace;
      readonly change: PullRequestChange;
      readonly facts: PullRequestFacts;
    }
  /** Something else happened on a pull request: a comment, a review, a thread. */
  | {
      readonly kind: "conversation";
      readonly repositoryId: number;
      readonly number: number;
      /** One of these kinds, which share the forge's numbers. */
      readonly deletedComment: { readonly kinds: readonly CommentKind[]; readonly id: number } | null;
      /** A new comment that may ask something of us. */
      readonly said: SaidComment | null;
      readonly feedback: SaidFeedback | null;
      /** Where the pull request is known. */
      readonly outcome: DeliveryOutcome;
    }
  /** Somebody wants a head reviewed again. */
  | {
      readonly kind: "rerequest";
      readonly repositoryId: number;
      readonly headSha: string;
      readonly requestedBy: string | null;
    }
  | {
      readonly kind: "installation";
      readonly status: InstallationAction;
      readonly installation: PayloadInstallation;
      readonly repositories: readonly ListedRepository[];
    }
  | {
      readonly kind: "installation_repositories";
      readonly installation: PayloadInstallation;
      readonly added: readonly ListedRepository[];
      readonly removedIds: readonly number[];
    }
  | { readonly kind: "owner_renamed"; readonly account: PayloadAccount }
  /** What a branch has by now may have another configuration than it had. */
  | {
      readonly kind: "configuration_pushed";
      readonly repositoryId: number;
      readonly branch: string;
      readonly commitSha: string;
    }
  | { readonly kind: "repository"; readonly action: RepositoryAction; readonly place: EventPlace }
  /** Nothing is to be done. */
  | { readonly kind: "none"; readonly outcome: DeliveryOutcome };

export const actionNotUsed: DeliveryEvent = { kind: "none", outcome: ignored("action_not_used") };
