/** Says in a sentence what became of a finding, and why. */
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import type { Verdict, WithheldReason } from "../review/decide-findings.ts";
import { maxInlineComments } from "../review/place-findings.ts";

export interface Explaining {
  readonly configuration: EffectiveConfiguration;
  /** Findings that were to be comments, and that the forge did not take. */
  readonly movedIds: ReadonlySet<string>;
}

export function explainVerdict(verdict: Verdict, { configuration, movedIds }: Explaining): string {
  switch (verdict.kind) {
    case "inline":
      return movedIds.has(verdict.findingId)
        ? "said in the summary: the forge did not take its comment"
        : "a comment in the diff";
    case "summary":
      return `said in the summary: ${explainPlace(verdict.why, configuration)}`;
    case "repeated":
      return `not said again: it is known from an earlier review as ${verdict.originId}`;
    case "withheld":
      return `held back: ${explainSilence(verdict.why, configuration)}`;
    case "merged":
      return `merged: said in the words of finding ${verdict.into + 1}`;
  }
}

function explainPlace(why: "budget" | "outside_diff", configuration: EffectiveConfiguration): string {
  switch (why) {
    case "outside_diff":
      return "its lines are not all in one part of the diff, where a comment could be";
    case "budget": {
      const { commentBudget } = configuration.values;
      const isOurs = commentBudget > maxInlineComments;
      const limit = isOurs
        ? `${maxInlineComments}, which is the most`
        : setBy("commentBudget", configuration);
      return `more important findings took all the comments of one review (${limit})`;
    }
  }
}

function explainSilence(why: WithheldReason, configuration: EffectiveConfiguration): string {
  switch (why) {
    case "below_threshold":
      return `it is less severe than what is said (${setBy("severityThreshold", configuration)})`;
    case "unchanged_lines":
      return "its lines were reviewed before and are as they were";
    case "dismissed":
      return "somebody said that it shall not be said again";
    case "suppressed":
      return "a suppression that a person approved is in force for its rule or category";
  }
}

function setBy(
  key: "commentBudget" | "severityThreshold",
  { values, origins, path }: EffectiveConfiguration,
): string {
  const origin = origins[key];
  const where = { default: "the default", owner: "the owner's settings", task: "asked for with the task" };
  return `${values[key]}, ${origin === "repository" ? `set in ${path}` : where[origin]}`;
}
