/** The AI SDK's models by our names. Key and address are always given, so that it looks for neither in the environment. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModel } from "ai";
import { type ModelSettings, type ProviderAccess, type ProviderName, splitModel } from "./model-settings.ts";

/** @returns by `provider/model`, all that are offered */
export function createProviderModels({
  models,
  providers,
}: Pick<ModelSettings, "models" | "providers">): ReadonlyMap<string, LanguageModel> {
  return new Map(
    models.map((name) => {
      const split = splitModel(name);
      const access = split && providers[split.provider];
      if (!access) throw new Error(`no access to ${name} is configured`);
      return [name, createModel(split, access)];
    }),
  );
}

function createModel(
  { provider, id }: { readonly provider: ProviderName; readonly id: string },
  { apiKey, baseUrl: baseURL }: ProviderAccess,
): LanguageModel {
  const options = { apiKey: apiKey ?? "", baseURL, fetch: fetchFromProvider };
  switch (provider) {
    case "anthropic":
      return createAnthropic(options)(id);
    case "openai":
      return createOpenAI(options)(id);
    case "google":
      return createGoogle(options)(id);
    case "openai-compatible":
      return createOpenAICompatible({
        ...options,
        name: provider,
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(id);
  }
}

/**
 * Bun gives up after five silent minutes, which a model may think for; the deadline of the call is ours. A redirect
 * would carry the key along.
 */
const fetchFromProvider = Object.assign(
  (input: string | URL | Request, init?: RequestInit) =>
    fetch(input, { ...init, timeout: false, redirect: "error" } as BunFetchRequestInit),
  { preconnect: fetch.preconnect },
);
