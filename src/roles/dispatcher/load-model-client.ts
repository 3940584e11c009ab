/** The client for the operator's language models. The AI SDK is loaded only where there are some. */
import type { ModelClient } from "../../adapters/reviewer/model/model-client.ts";
import { type ModelValues, toModelSettings } from "../../model-settings.ts";

/** Null: none is set up. */
export async function loadModelClient(config: ModelValues): Promise<ModelClient | null> {
  const settings = toModelSettings(config);
  if (!settings) return null;
  const { createModelClient } = await import("../../adapters/reviewer/model/create-model-client.ts");
  return createModelClient(settings);
}
