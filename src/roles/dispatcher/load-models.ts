/** The client for the operator's language models, and the reviewer that asks them. The AI SDK is loaded only where there are some. */
import { createModelReviewer } from "../../adapters/reviewer/model/model-reviewer.ts";
import type { ReviewContext } from "../../context.ts";
import type { Logger } from "../../log.ts";
import { type ModelValues, toModelSettings } from "../../model-settings.ts";

/** Both null: no model is set up. */
export async function loadModels(
  config: ModelValues,
  log: Logger,
): Promise<Pick<ReviewContext, "model"> & { readonly reviewer: ReviewContext["reviewers"]["model"] }> {
  const settings = toModelSettings(config);
  if (!settings) return { model: null, reviewer: null };
  const { createModelClient } = await import("../../adapters/reviewer/model/create-model-client.ts");
  const model = createModelClient(settings);
  const maxReviewTokens = config.modelReviewTokens;
  return { model, reviewer: createModelReviewer(model, { log, maxReviewTokens }) };
}
