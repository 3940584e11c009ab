/** What calls cost, by the providers' list prices. A model that is not here has no price, rather than a wrong one. */
import type { ModelCall, TokenUsage } from "./model-call.ts";

/** When the prices were taken. */
const priceVersion = "2026-08";

interface Price {
  readonly names: RegExp;
  /** Micro-dollars for a million tokens: input, input from the provider's cache, output. */
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  /** Calls with more input than this cost more, how much is not kept here. */
  readonly maxInputTokens?: number;
}

function price(names: RegExp, dollars: readonly [number, number, number], maxInputTokens?: number): Price {
  const [input, cachedInput, output] = dollars.map((amount) => Math.round(amount * 1_000_000));
  const known = { names, input: input ?? 0, cachedInput: cachedInput ?? 0, output: output ?? 0 };
  return maxInputTokens === undefined ? known : { ...known, maxInputTokens };
}

/** What Anthropic, which alone tells of it, charges for input that is put into its cache, beside the input's price. */
const cacheWriteSurcharge = 0.25;

/** A version's date may follow its name, nothing else: `-pro` and `-codex` have prices of their own. */
const prices: readonly Price[] = [
  price(/^anthropic\/claude-fable-5$/, [10, 1, 50]),
  price(/^anthropic\/claude-opus-(4-[5-8]|5)(-\d{8})?$/, [5, 0.5, 25]),
  price(/^anthropic\/claude-opus-4(-1)?(-\d{8})?$/, [15, 1.5, 75]),
  price(/^anthropic\/claude-sonnet-4(-[56])?(-\d{8})?$/, [3, 0.3, 15], 200_000),
  price(/^anthropic\/claude-haiku-4-5(-\d{8})?$/, [1, 0.1, 5]),
  price(/^openai\/gpt-5\.4-mini(-\d{4}-\d\d-\d\d)?$/, [0.75, 0.075, 4.5]),
  price(/^openai\/gpt-5\.4-nano(-\d{4}-\d\d-\d\d)?$/, [0.2, 0.02, 1.25]),
  price(/^openai\/gpt-5\.4(-\d{4}-\d\d-\d\d)?$/, [2.5, 0.25, 15], 272_000),
  price(/^openai\/gpt-5\.2(-codex|-\d{4}-\d\d-\d\d)?$/, [1.75, 0.175, 14]),
  price(/^openai\/gpt-5\.3-codex$/, [1.75, 0.175, 14]),
  price(/^openai\/gpt-5(\.1)?(-\d{4}-\d\d-\d\d)?$/, [1.25, 0.125, 10]),
  price(/^openai\/gpt-5-mini(-\d{4}-\d\d-\d\d)?$/, [0.25, 0.025, 2]),
  price(/^openai\/gpt-5-nano(-\d{4}-\d\d-\d\d)?$/, [0.05, 0.005, 0.4]),
  price(/^openai\/gpt-4\.1(-\d{4}-\d\d-\d\d)?$/, [2, 0.5, 8]),
  price(/^openai\/gpt-4\.1-mini(-\d{4}-\d\d-\d\d)?$/, [0.4, 0.1, 1.6]),
  price(/^openai\/gpt-4o-mini(-\d{4}-\d\d-\d\d)?$/, [0.15, 0.075, 0.6]),
  price(/^google\/gemini-3(\.1)?-pro-preview$/, [2, 0.2, 12], 200_000),
  price(/^google\/gemini-3\.1-flash-lite$/, [0.25, 0.025, 1.5]),
];

/** Rounded up to whole micro-dollars; null where the price of the model, or of a call that large, is not known. */
export function costOf(model: string, usage: TokenUsage): ModelCall["cost"] {
  const { inputTokens, cachedInputTokens, cacheWriteTokens = 0, outputTokens } = usage;
  const known = prices.find(({ names }) => names.test(model));
  if (!known || inputTokens > (known.maxInputTokens ?? Number.POSITIVE_INFINITY)) return null;
  const cost =
    (inputTokens - cachedInputTokens + cacheWriteTokens * cacheWriteSurcharge) * known.input +
    cachedInputTokens * known.cachedInput +
    outputTokens * known.output;
  return { microDollars: Math.ceil(cost / 1_000_000), priceVersion };
}
