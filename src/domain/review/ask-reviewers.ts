/** Asks the reviewers that the configuration names, all at once, and puts together what they say. */

import type { FallbackReason } from "../../adapters/postgres/review-facts.ts";
import { ModelError } from "../../adapters/reviewer/model/model-client.ts";
import type { Finding, Review, Reviewer, ReviewInput } from "../../adapters/reviewer/reviewer.ts";
import type { Reviewers } from "../../context.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { NamedReview } from "./coverage.ts";

export interface ModelFallback {
  readonly why: FallbackReason;
  readonly error: string;
}

export interface AskedReviewers {
  /** As each reported them, in the order of `reviews`. */
  readonly findings: readonly Finding[];
  readonly reviews: readonly NamedReview[];
  /** Why the model did not review although it was asked for; null: it did, or was not asked for. */
  readonly fallback: ModelFallback | null;
}

const noModel = "no language model is set up on this reviewd";

/** The `reason` of an `invalid_input`: the configuration wants no review without a model, and there is none. */
export const modelNotSetUp = "model_not_set_up";

export interface Asking {
  readonly configuration: Pick<Configuration, "reviewers" | "fallbackToRules">;
  /** The last attempt of a task does without a model that cannot be reached, if the configuration allows it. */
  readonly isLastAttempt: boolean;
}

/**
 * When one of them fails, the others are called off, and waited for: what they read goes away with the run.
 * @throws ReviewdError as the reviewers do; invalid_input, modelNotSetUp, where the model is required and there is none
 */
export async function askReviewers(
  { rules, model }: Reviewers,
  given: ReviewInput,
  asking: Asking,
): Promise<AskedReviewers> {
  const { reviewers } = asking.configuration;
  const failed = new AbortController();
  const input = { ...given, signal: AbortSignal.any([given.signal, failed.signal]) };
  const asked = [
    reviewers.includes("model") ? askModel(model, input, asking) : null,
    reviewers.includes("rules") ? rules.review(input) : null,
  ] as const;
  try {
    const [byModel, byRules] = await Promise.all(asked);
    const fallback = byModel && "fallback" in byModel ? byModel.fallback : null;
    const reviews: NamedReview[] = [];
    if (byRules) reviews.push({ reviewer: "rules", review: byRules });
    else if (fallback !== null) reviews.push({ reviewer: "rules", review: await rules.review(input) });
    if (byModel && "review" in byModel) reviews.push({ reviewer: "model", review: byModel.review });
    return { findings: reviews.flatMap(({ review }) => review.findings), reviews, fallback };
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(asked);
    throw error;
  }
}

type ModelReview = { readonly review: Review } | { readonly fallback: ModelFallback };

async function askModel(model: Reviewer | null, input: ReviewInput, asking: Asking): Promise<ModelReview> {
  if (model === null) {
    if (!asking.configuration.fallbackToRules) {
      throw new ReviewdError("invalid_input", noModel, { reason: modelNotSetUp });
    }
    return { fallback: { why: "not_set_up", error: noModel } };
  }
  try {
    return { review: await model.review(input) };
  } catch (error) {
    const why = fallbackAfter(error, asking);
    if (why === null || !(error instanceof Error)) throw error;
    return { fallback: { why, error: error.message } };
  }
}

/**
 * Null: the attempt fails. What a model answers can be steered by who wrote the pull request, so an answer that is of no
 * use must not take with it what rules have found; where nobody else was asked, it is a failure.
 */
function fallbackAfter(error: unknown, { configuration, isLastAttempt }: Asking): FallbackReason | null {
  const { fallbackToRules, reviewers } = configuration;
  if (!fallbackToRules || !(error instanceof ModelError)) return null;
  if (isTransient(error)) return isLastAttempt ? "unreachable" : null;
  return error.outcome !== "unauthorized" && reviewers.includes("rules") ? "unusable" : null;
}
