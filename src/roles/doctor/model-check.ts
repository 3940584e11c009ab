/** What doctor asks one language model of each provider, to learn whether it can be used at all. */

import { ModelError } from "../../adapters/reviewer/model/model-client.ts";
import { isWindowGuessed } from "../../adapters/reviewer/model/model-limits.ts";
import { type ModelSettings, splitModel } from "../../adapters/reviewer/model/model-settings.ts";
import { type ModelValues, modelSettings, toModelSettings } from "../../model-settings.ts";
import { failed, type Given, ok, type Result, runChecks, skipped, type Verdict, warning } from "./check.ts";
import type { DoctorEnvironment } from "./environment.ts";

const maxTimeoutMs = 30_000;
/** Models that think first need room for it. */
const maxOutputTokens = 1_000;
const question = {
  model: null,
  effort: null,
  purpose: "answer",
  system: "You are asked whether you can be reached.",
  prompt: "Answer with the one word: yes",
  promptHash: "",
  maxOutputTokens,
  onCall: async () => {},
} as const;

export async function* examineModel(
  environment: DoctorEnvironment,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  const given = needModels(environment);
  const firsts = "value" in given ? firstOfEach(given.value) : [];
  const checks = firsts.map(({ provider, model }) => ({
    check: `model of ${provider}`,
    examine: (settings: ModelSettings) => checkModel({ ...settings, models: [model] }, signal),
  }));
  yield* "value" in given ? runChecks(given, checks) : [{ check: "model", ...given.verdict }];
}

/** A provider's key and address are right for all of its models or for none. */
function firstOfEach({
  models,
}: ModelSettings): readonly { readonly provider: string; readonly model: string }[] {
  const byProvider = Map.groupBy(models, (model) => splitModel(model)?.provider ?? "");
  return [...byProvider].map(([provider, [model = ""]]) => ({ provider, model }));
}

function needModels({ values, problems }: DoctorEnvironment): Given<ModelSettings> {
  const keys = Object.keys(modelSettings) as (keyof ModelValues)[];
  const wrong = keys.flatMap((key) => problems.get(key) ?? []);
  if (wrong.length > 0) return { verdict: failed(wrong.join("; "), null) };
  // Where none has a problem, all of them were read.
  const settings = toModelSettings(values as ModelValues);
  return settings
    ? { value: settings }
    : { verdict: skipped(`${modelSettings.models.name} is not set here`) };
}

async function checkModel(settings: ModelSettings, signal: AbortSignal): Promise<Verdict> {
  const { createModelClient } = await import("../../adapters/reviewer/model/create-model-client.ts");
  const timeoutMs = Math.min(maxTimeoutMs, settings.timeoutMs);
  const client = createModelClient({ ...settings, timeoutMs });
  const { model, contextTokens } = client.limits(null);
  try {
    await client.write({ ...question, signal });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    // It answered, at more length than it was given.
    if (error.outcome !== "cut_off") return failed(error.message, todos[error.outcome] ?? null);
  }
  const says = `${model} answers`;
  if (!isWindowGuessed(model, settings.contextTokens)) return ok(says);
  return warning(
    `${says}; its window is not known, ${contextTokens} tokens are assumed`,
    "set MODEL_CONTEXT_TOKENS to the window its server is started with",
  );
}

const todos: Partial<Record<ModelError["outcome"], string>> = {
  unauthorized:
    "look whether the provider's key is right, has credit and may use that model, and whether the model's name in MODELS and the provider's base URL are right",
  unavailable:
    "look whether the provider's base URL is right and can be reached from here, and ask again later",
  timed_out:
    "look whether the provider's base URL can be reached from here; a self-hosted model may still be loading",
  rate_limited: "raise the provider's limit, or lower MODEL_CONCURRENCY",
  rejected: "look whether the model's name in MODELS and MODEL_EFFORT are what the provider knows",
};
