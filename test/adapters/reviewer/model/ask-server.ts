/** A client on a scripted model, as reviewd would set it up, and what its ledger got. */
import { z } from "zod";
import { createModelClient } from "../../../../src/adapters/reviewer/model/create-model-client.ts";
import type { ModelCall } from "../../../../src/adapters/reviewer/model/model-call.ts";
import { ModelError, type Question } from "../../../../src/adapters/reviewer/model/model-client.ts";
import type { ModelSettings } from "../../../../src/adapters/reviewer/model/model-settings.ts";
import { type ModelServer, modelKey } from "../../../support/model-server/model-server.ts";

export const models = {
  chat: "openai-compatible/qwen3",
  messages: "anthropic/claude-opus-4-5",
  responses: "openai/gpt-5.1",
  gemini: "google/gemini-3-pro-preview",
} as const;

const answerSchema = z.object({ findings: z.array(z.object({ path: z.string(), line: z.int() })) });
export const answer = { findings: [{ path: "src/cart.ts", line: 12 }] };

export function clientOf(server: Pick<ModelServer, "url">, settings: Partial<ModelSettings> = {}) {
  const access = (path: string) => ({ apiKey: modelKey, baseUrl: `${server.url}${path}` });
  return createModelClient({
    models: Object.values(models),
    providers: {
      "openai-compatible": access("/v1"),
      anthropic: access("/v1"),
      openai: access("/v1"),
      google: access("/v1beta"),
    },
    timeoutMs: 20_000,
    concurrency: 4,
    effort: null,
    contextTokens: null,
    ...settings,
  });
}

/** A question, and the calls that were told of. */
export function question(model: string | null, options: Partial<Question> = {}) {
  const calls: ModelCall[] = [];
  const asked = {
    model,
    effort: null,
    purpose: "review" as const,
    system: "You review changes.",
    prompt: "The diff.",
    promptHash: "0".repeat(64),
    maxOutputTokens: 1_000,
    signal: new AbortController().signal,
    onCall: async (call: ModelCall) => void calls.push(call),
    schema: answerSchema,
    ...options,
  };
  return { asked, calls };
}

/** The ModelError that a question ended with. */
export async function modelErrorOf(work: Promise<unknown>): Promise<ModelError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error("it was answered");
}
