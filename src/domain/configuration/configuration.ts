/** What a review is told to do, once every place that may say so was asked. Where each value came from is told beside it. */
import type { ReviewerName, Severity } from "../../adapters/reviewer/reviewer.ts";

export interface Configuration {
  /** False: the repository's pull requests are not reviewed. */
  readonly enabled: boolean;
  readonly reviewers: readonly Exclude<ReviewerName, "agent">[];
  /** `provider/model`, one the operator offers; null: the operator's first. */
  readonly model: string | null;
  readonly effort: "low" | "medium" | "high" | null;
  /** Where the model cannot be reached, `rules` alone is better than no review. */
  readonly fallbackToRules: boolean;
  /** Globs. Empty: every file. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly disabledRules: readonly string[];
  /** Findings less severe than this are not said. */
  readonly severityThreshold: Severity;
  /** Inline comments of one review, 0 to 25; what is over goes to the summary. */
  readonly commentBudget: number;
  /** The check fails when there is a finding this severe. */
  readonly gate: "off" | Severity;
  readonly drafts: boolean;
  readonly bots: boolean;
  /** Only pull requests with one of these; empty: all. */
  readonly requiredLabels: readonly string[];
  /** Never pull requests with one of these. */
  readonly excludedLabels: readonly string[];
  /** Whose pull requests from forks are reviewed: nobody's, those of people with write access, everybody's. */
  readonly forks: "off" | "members" | "all";
  /** Reviews a day of one author's pull requests from forks. */
  readonly forkReviewsPerDay: number;
  /** One-click suggestions on pull requests from forks. */
  readonly forkSuggestions: boolean;
  /** Followed by the model. `paths` are globs; empty: every file. */
  readonly instructions: readonly PathInstruction[];
}

interface PathInstruction {
  readonly paths: readonly string[];
  readonly text: string;
}

/** `owner` are the owner's settings, `repository` the file on the base commit. */
export type Origin = "default" | "owner" | "repository" | "task";

export interface ConfigurationProblem {
  /** Of the configuration file, 1 where no line of it is to blame; null: it is about the owner's settings. */
  readonly line: number | null;
  readonly message: string;
}

/** One of the configuration file's own. */
export interface FileProblem extends ConfigurationProblem {
  readonly line: number;
}

export interface EffectiveConfiguration {
  readonly values: Configuration;
  readonly origins: Readonly<Record<keyof Configuration, Origin>>;
  /** The file the repository's values came from; null: there is none. */
  readonly path: string | null;
  /** The commit it was read at. */
  readonly commitSha: string;
  /** What is wrong with the file there is; then the repository's values are those of the last valid one. */
  readonly problems: readonly ConfigurationProblem[];
  /** What has no effect in the file there is, and in the owner's settings: all the rest of them is followed. */
  readonly warnings: readonly ConfigurationProblem[];
  /** REVIEW.md on the base commit, cleaned and cut; null: there is none. */
  readonly guidance: string | null;
}

/** @param offersModel whether the operator set up a model: then it reviews wherever nobody says otherwise */
export function defaultConfiguration(offersModel: boolean): Configuration {
  return { ...defaults, reviewers: offersModel ? ["rules", "model"] : ["rules"] };
}

const defaults: Omit<Configuration, "reviewers"> = {
  enabled: true,
  model: null,
  effort: null,
  fallbackToRules: true,
  include: [],
  exclude: [],
  disabledRules: [],
  severityThreshold: "low",
  commentBudget: 25,
  gate: "off",
  drafts: false,
  bots: false,
  requiredLabels: [],
  excludedLabels: [],
  forks: "all",
  forkReviewsPerDay: 20,
  forkSuggestions: false,
  instructions: [],
};
