/** The environment variables of language models, named as the AI SDK names them, and what they come to together. */
import { z } from "zod";
import {
  efforts,
  type ModelSettings,
  type ProviderName,
  providerNames,
  splitModel,
} from "./adapters/reviewer/model/model-settings.ts";
import { setting } from "./setting.ts";

const models = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((names) => names.every((name) => splitModel(name)), "not all of it is PROVIDER/MODEL")
  .refine((names) => new Set(names).size === names.length, "one of them is there twice");

const apiKey = z.string().regex(/^\S+$/).optional();
const baseUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));
const url = "an http or https URL";

function keySetting(name: string, provider: string) {
  return setting(name, apiKey, "an API key", `The key of ${provider}.`, true);
}

function urlSetting(name: string, standard: string) {
  return setting(name, baseUrl.default(standard), url, "For a proxy or gateway in between.");
}

export const modelSettings = {
  models: setting(
    "MODELS",
    models.optional(),
    `comma-separated names like anthropic/claude-opus-5; the providers are ${providerNames.join(", ")}`,
    "The language models that repositories may choose from; the first is used where none is chosen. Unset: no model is asked.",
  ),
  anthropicApiKey: keySetting("ANTHROPIC_API_KEY", "Anthropic"),
  anthropicBaseUrl: urlSetting("ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1"),
  openaiApiKey: keySetting("OPENAI_API_KEY", "OpenAI"),
  openaiBaseUrl: urlSetting("OPENAI_BASE_URL", "https://api.openai.com/v1"),
  googleApiKey: keySetting("GOOGLE_GENERATIVE_AI_API_KEY", "Google"),
  googleBaseUrl: urlSetting(
    "GOOGLE_GENERATIVE_AI_BASE_URL",
    "https://generativelanguage.googleapis.com/v1beta",
  ),
  openaiCompatibleApiKey: keySetting("OPENAI_COMPATIBLE_API_KEY", "the compatible server, if it wants one"),
  openaiCompatibleBaseUrl: setting(
    "OPENAI_COMPATIBLE_BASE_URL",
    baseUrl.optional(),
    `${url}, e.g. http://localhost:11434/v1`,
    "A server that speaks OpenAI's chat completions: Ollama, vLLM, LiteLLM and their like.",
  ),
  modelTimeoutSecs: setting(
    "MODEL_TIMEOUT_SECS",
    z.coerce.number().int().min(5).max(3_600).default(300),
    "5 to 3600 whole seconds",
    "How long one call of a model may take, from its start to the end of its answer.",
  ),
  modelConcurrency: setting(
    "MODEL_CONCURRENCY",
    z.coerce.number().int().min(1).max(256).default(4),
    "a whole number from 1 to 256",
    "Calls of models one process makes at once.",
  ),
  modelReviewTokens: setting(
    "MODEL_REVIEW_TOKENS",
    z.coerce.number().int().min(4_096).max(100_000_000).default(500_000),
    "a whole number from 4096 to 100000000",
    "Tokens, as estimated, that all prompts of one review may have together; what is over is told as not reviewed.",
  ),
  modelEffort: setting(
    "MODEL_EFFORT",
    z.enum(efforts).optional(),
    efforts.join(", "),
    "How much models think where a repository does not say; unset, as their provider has it.",
  ),
  modelContextTokens: setting(
    "MODEL_CONTEXT_TOKENS",
    z.coerce.number().int().min(4_096).max(10_000_000).optional(),
    "a whole number from 4096 to 10000000",
    "Tokens, of input and output together, that models take whose window reviewd does not know, as self-hosted ones are " +
      "started with. Where it is unset, 16384 are assumed of an openai-compatible one.",
  ),
} as const;

export type ModelKey = keyof typeof modelSettings;
export type ModelValues = {
  readonly [Key in ModelKey]: z.output<(typeof modelSettings)[Key]["schema"]>;
};

/** What a provider cannot be used without; the rest has a default, or is wanted by few. */
const needs: Readonly<Record<ProviderName, ModelKey>> = {
  anthropic: "anthropicApiKey",
  openai: "openaiApiKey",
  google: "googleApiKey",
  "openai-compatible": "openaiCompatibleBaseUrl",
};

/** Only reviewd reads these: they are meant for it. The keys of providers are in many an environment. */
const ownAccess = ["openaiCompatibleApiKey", "openaiCompatibleBaseUrl"] as const;

/** What is wrong with them together, by setting. */
export function modelProblems(values: Partial<ModelValues>): ReadonlyMap<ModelKey, string> {
  const problems = new Map<ModelKey, string>();
  if (!values.models) {
    const given = ownAccess.filter((key) => values[key]);
    const names = given.map((key) => modelSettings[key].name).join(", ");
    if (names)
      problems.set("models", `MODELS is not set, but ${names}; expected ${modelSettings.models.expects}`);
    return problems;
  }
  for (const name of values.models) {
    const provider = splitModel(name)?.provider;
    const needed = provider && needs[provider];
    if (!needed || values[needed] || problems.has(needed)) continue;
    const { name: variable, expects } = modelSettings[needed];
    problems.set(needed, `${variable} is not set, which ${name} in MODELS needs; expected ${expects}`);
  }
  return problems;
}

/** Null: no model is set up. */
export function toModelSettings(values: ModelValues): ModelSettings | null {
  if (!values.models) return null;
  const access = (key: string | undefined, url: string | undefined) => ({
    apiKey: key ?? null,
    baseUrl: url ?? "",
  });
  const reached = {
    anthropic: access(values.anthropicApiKey, values.anthropicBaseUrl),
    openai: access(values.openaiApiKey, values.openaiBaseUrl),
    google: access(values.googleApiKey, values.googleBaseUrl),
    "openai-compatible": access(values.openaiCompatibleApiKey, values.openaiCompatibleBaseUrl),
  };
  const used = new Set(values.models.map((name) => splitModel(name)?.provider));
  return {
    models: values.models,
    providers: Object.fromEntries(
      providerNames.filter((name) => used.has(name)).map((name) => [name, reached[name]]),
    ),
    timeoutMs: values.modelTimeoutSecs * 1_000,
    concurrency: values.modelConcurrency,
    effort: values.modelEffort ?? null,
    contextTokens: values.modelContextTokens ?? null,
  };
}
