/** Whether a head is reviewed at all: the gates that make a task end as skipped, as pure decisions. */
import type { Owner } from "../../adapters/postgres/owners.ts";
import type { PullRequest } from "../../adapters/postgres/pull-requests.ts";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import type { SkipReason, Task } from "../../adapters/postgres/tasks.ts";
import type { Configuration } from "../configuration/configuration.ts";

export type ReviewMode = Repository["reviewMode"];

/** The gates that a configuration opens and closes. */
export type GateRules = Pick<
  Configuration,
  "enabled" | "drafts" | "bots" | "requiredLabels" | "excludedLabels" | "forks" | "forkReviewsPerDay"
>;

export interface GateFacts {
  readonly trigger: Task["trigger"];
  readonly reviewMode: ReviewMode;
  readonly plan: Owner["plan"];
  /** Null: they are not known here; the run, which reads them, decides. */
  readonly rules: GateRules | null;
  readonly pullRequest: Pick<PullRequest, "draft" | "authorIsBot" | "labels" | "fromFork" | "pausedAt">;
  /** Null: it is not known here; the run, which may ask, decides. */
  readonly authorMayWrite: boolean | null;
  /** Of the author from a fork, within 24 hours, without this one. */
  readonly forkReviews: number;
}

/** In repositories with the review mode `label`, only pull requests with this one are reviewed. */
const reviewLabel = "reviewd";

/** Why the head is skipped; null: it is reviewed. What a person asked for passes what is meant for automatic reviews. */
export function decideGate(facts: GateFacts): SkipReason | null {
  const { pullRequest, rules, reviewMode } = facts;
  if (reviewMode === "off") return "repository_off";
  if (facts.plan === "blocked") return "plan_blocked";
  if (rules?.enabled === false) return "disabled";
  if (facts.trigger !== "webhook" && facts.trigger !== "sweep") return null;
  if (pullRequest.pausedAt !== null) return "paused";
  const byRules = rules && (decideDraft(rules, pullRequest) ?? decideLabels(rules, pullRequest));
  if (byRules) return byRules;
  if (reviewMode === "label" && !hasOne(pullRequest.labels, [reviewLabel])) return "label_missing";
  return rules && decideFork(rules, facts);
}

/**
 * True where nothing known here is against a review, and yet its run may end it as `fork_policy`: a run that did so
 * has decided it for this head.
 */
export function leavesForkToRun({ rules, pullRequest, authorMayWrite }: GateFacts): boolean {
  return rules?.forks === "members" && pullRequest.fromFork && authorMayWrite === null;
}

/** Whether a gate may be opened or closed by this label. @param rules null: any may be */
export function isGateLabel(label: string, reviewMode: ReviewMode, rules: GateRules | null): boolean {
  if (reviewMode === "label" && hasOne([label], [reviewLabel])) return true;
  return rules === null || hasOne([label], [...rules.requiredLabels, ...rules.excludedLabels]);
}

function decideDraft(rules: GateRules, { authorIsBot, draft }: GateFacts["pullRequest"]): SkipReason | null {
  if (authorIsBot && !rules.bots) return "bot_author";
  return draft && !rules.drafts ? "draft" : null;
}

function decideLabels(rules: GateRules, { labels }: GateFacts["pullRequest"]): SkipReason | null {
  if (hasOne(labels, rules.excludedLabels)) return "label_excluded";
  const isMissing = rules.requiredLabels.length > 0 && !hasOne(labels, rules.requiredLabels);
  return isMissing ? "label_missing" : null;
}

function decideFork(rules: GateRules, facts: GateFacts): SkipReason | null {
  if (!facts.pullRequest.fromFork) return null;
  if (rules.forks === "off" || (rules.forks === "members" && facts.authorMayWrite === false))
    return "fork_policy";
  return facts.forkReviews >= rules.forkReviewsPerDay ? "author_limit" : null;
}

/** Labels are the same in upper and lower case. */
function hasOne(labels: readonly string[], wanted: readonly string[]): boolean {
  const known = new Set(wanted.map((label) => label.toLowerCase()));
  return labels.some((label) => known.has(label.toLowerCase()));
}
