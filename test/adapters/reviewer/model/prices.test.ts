import { describe, expect, test } from "bun:test";
import { costOf } from "../../../../src/adapters/reviewer/model/prices.ts";

const usage = { inputTokens: 100_000, cachedInputTokens: 40_000, outputTokens: 2_000 };

describe("the cost of a call", () => {
  test("has cached input at its own price, and is rounded up", () => {
    // 60,000 × $3 + 40,000 × $0.30 + 2,000 × $15, for a million each
    expect(costOf("anthropic/claude-sonnet-4-5-20250929", usage)?.microDollars).toBe(222_000);
    const one = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 0 };
    expect(costOf("openai/gpt-5-nano", one)?.microDollars).toBe(1);
  });

  test.each([
    "openai-compatible/qwen3",
    // Cheaper names must not lend their price to dearer ones.
    "openai/gpt-5-pro",
    "openai/gpt-5.1-codex-max",
    "anthropic/claude-opus-4-9",
    "openai-compatible/anthropic/claude-opus-4-5",
  ])("of %s is not known", (model) => {
    expect(costOf(model, usage)).toBeNull();
  });

  test("is not known where long calls cost more", () => {
    const long = { ...usage, inputTokens: 200_001 };
    expect(costOf("google/gemini-3-pro-preview", usage)).not.toBeNull();
    expect(costOf("google/gemini-3-pro-preview", long)).toBeNull();
  });
});
