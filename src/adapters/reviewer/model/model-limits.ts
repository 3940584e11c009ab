/** What models take in one call, as their providers said in August 2026. A version newer than its line is as its family. */
import type { ModelLimits } from "./model-client.ts";

/** [names, tokens of input and output together, tokens of output]; the first that fits. */
const families: readonly (readonly [RegExp, number, number])[] = [
  [/^anthropic\/claude-(opus|sonnet)-4-[6-9]\b/, 1_000_000, 64_000],
  [/^anthropic\/claude-(opus|sonnet|fable|mythos)-[5-9]\b/, 1_000_000, 128_000],
  [/^anthropic\/claude-(opus|sonnet|haiku)-4-5\b/, 200_000, 64_000],
  [/^anthropic\/claude-(sonnet-4|3-7-sonnet)\b/, 200_000, 64_000],
  [/^anthropic\/claude-opus-4\b/, 200_000, 32_000],
  [/^anthropic\/claude-3-5\b/, 200_000, 8_192],
  [/^anthropic\/claude-3\b/, 200_000, 4_096],
  [/^anthropic\/claude-/, 200_000, 32_000],
  [/^openai\/gpt-5[\w.]*-chat\b/, 128_000, 16_384],
  [/^openai\/gpt-5\b/, 400_000, 128_000],
  [/^openai\/gpt-4\.1\b/, 1_047_576, 32_768],
  [/^openai\/gpt-4o\b/, 128_000, 16_384],
  [/^openai\/(o3|o4-mini)\b/, 200_000, 100_000],
  [/^google\/gemini-(2\.5|3(\.\d+)?)-(pro|flash)\b/, 1_048_576, 65_536],
  [/^google\/gemini-2\.0-flash\b/, 1_048_576, 8_192],
];

/** Hosted ones that are not in the list take no less. */
const hosted = { contextTokens: 128_000, maxOutputTokens: 16_384 };
/** A server of one's own is often started with less than its model can; it may cut without saying so. */
const selfHosted = { contextTokens: 16_384, maxOutputTokens: 4_096 };
const maxSelfHostedOutput = 16_384;

/** @param stated the window that the operator states for models that are not in the list */
export function limitsOf(model: string, stated: number | null): ModelLimits {
  const family = families.find(([names]) => names.test(model));
  if (family) return { model, contextTokens: family[1], maxOutputTokens: family[2] };
  if (stated !== null) {
    const maxOutputTokens = Math.min(maxSelfHostedOutput, Math.floor(stated / 4));
    return { model, contextTokens: stated, maxOutputTokens };
  }
  return { model, ...(model.startsWith("openai-compatible/") ? selfHosted : hosted) };
}

/** True where the window of the model is a guess. */
export function isWindowGuessed(model: string, stated: number | null): boolean {
  return stated === null && !families.some(([names]) => names.test(model));
}
