/** The small print of a summary: who reviewed, what it took, and what was followed. */
import type { FallbackReason } from "../../adapters/postgres/review-facts.ts";
import type { Report } from "./report.ts";
import { codeSpan } from "./safe-markdown.ts";

const numbers = new Intl.NumberFormat("en");

export function renderFooter(report: Report): string {
  const guidance = report.facts.guidanceUsed ? ["The base branch's `REVIEW.md` was followed."] : [];
  const sentences = [
    sayReviewers(report),
    ...guidance,
    ...saySuppressions(report.facts.suppressions),
    "A 👍 or 👎 on a comment tells whether it helped.",
  ];
  return `<sub>${sentences.join(" ")}</sub>`;
}

/** A sentence; none where nothing is suppressed. */
export function saySuppressions(suppressions: Report["facts"]["suppressions"]): readonly string[] {
  if (suppressions.length === 0) return [];
  const names = suppressions.map(({ kind, subject }) => `${kind} ${codeSpan(subject)}`);
  return [`Suppressed here, as it was often disliked: ${names.join(", ")}.`];
}

function sayReviewers({ facts: { reviewers, fallback, modelMissing = false }, spent }: Report): string {
  const tokens = sayTokens(spent);
  if (fallback !== null) return `${sayFallback(fallback)}: reviewed by rules alone.${tokens}`;
  const others = reviewers.filter((name) => name !== "model");
  if (!reviewers.includes("model")) {
    const why = modelMissing ? ": one is configured, but none is set up on this reviewd" : "";
    return `Reviewed by ${others.join(" and ")}, without a language model${why}.`;
  }
  const models =
    spent.models.length === 0 ? ["a language model"] : spent.models.map((name) => codeSpan(name));
  return `Reviewed by ${[...others, ...models].join(" and ")}.${tokens}`;
}

/** What a review by rules alone begins to tell of the model that was asked for. */
export function sayFallback(why: FallbackReason): string {
  switch (why) {
    case "not_set_up":
      return "No language model is set up on this reviewd";
    case "unreachable":
      return "The model could not be reached";
    case "unusable":
      return "The model gave no answer that could be used";
  }
}

/** Also those of calls that failed; nothing where none was answered. */
function sayTokens(spent: Report["spent"]): string {
  const { calls, callsOfUnknownUsage, inputTokens, cachedInputTokens, outputTokens } = spent;
  if (calls === callsOfUnknownUsage) return "";
  const least = callsOfUnknownUsage === 0 ? "" : "At least ";
  const cached = cachedInputTokens === 0 ? "" : `, ${numbers.format(cachedInputTokens)} of them cached`;
  return ` ${least}${numbers.format(inputTokens)} tokens in${cached}, ${numbers.format(outputTokens)} out.`;
}
