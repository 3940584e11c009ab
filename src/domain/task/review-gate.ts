/** Whether a head is reviewed at all: the gates that make a task end as skipped, as one pure decision. */
import type { Owner } from "../../adapters/postgres/owners.ts";
import type { PullRequest } from "../../adapters/postgres/pull-requests.ts";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import type { SkipReason, Task } from "../../adapters/postgres/tasks.ts";

export type ReviewMode = Repository["reviewMode"];

export interface GateFacts {
  readonly trigger: Task["trigger"];
  readonly reviewMode: ReviewMode;
  readonly plan: Owner["plan"];
  readonly pullRequest: Pick<PullRequest, "draft" | "authorIsBot" | "labels">;
}

/** In repositories with the review mode `label`, only pull requests with this one are reviewed. */
const reviewLabel = "reviewd";

/** Labels are the same in upper and lower case. */
export function isReviewLabel(label: string): boolean {
  return label.toLowerCase() === reviewLabel;
}

/** Why the head is skipped; null: it is reviewed. What a person asked for passes what is meant for automatic reviews. */
export function decideGate(facts: GateFacts): SkipReason | null {
  if (facts.reviewMode === "off") return "repository_off";
  if (facts.plan === "blocked") return "plan_blocked";
  if (facts.trigger !== "webhook" && facts.trigger !== "sweep") return null;
  if (facts.pullRequest.authorIsBot) return "bot_author";
  if (facts.pullRequest.draft) return "draft";
  return facts.reviewMode === "label" && !facts.pullRequest.labels.some(isReviewLabel)
    ? "label_missing"
    : null;
}
