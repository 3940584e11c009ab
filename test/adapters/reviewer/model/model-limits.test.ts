import { describe, expect, test } from "bun:test";
import { isWindowGuessed, limitsOf } from "../../../../src/adapters/reviewer/model/model-limits.ts";

describe("what a model takes", () => {
  test.each([
    ["anthropic/claude-opus-4-1-20250805", 200_000, 32_000],
    ["anthropic/claude-opus-4-5", 200_000, 64_000],
    ["anthropic/claude-sonnet-4-20250514", 200_000, 64_000],
    ["anthropic/claude-opus-5-5", 1_000_000, 128_000],
    ["anthropic/claude-3-5-haiku-latest", 200_000, 8_192],
    ["openai/gpt-5.2-codex", 400_000, 128_000],
    ["openai/gpt-5-chat-latest", 128_000, 16_384],
    ["openai/gpt-4.1-mini", 1_047_576, 32_768],
    ["google/gemini-3.1-pro-preview", 1_048_576, 65_536],
  ])("is known of %s, whatever the operator states", (model, contextTokens, maxOutputTokens) => {
    for (const stated of [null, 8_192]) {
      expect(limitsOf(model, stated)).toEqual({ model, contextTokens, maxOutputTokens });
      expect(isWindowGuessed(model, stated)).toBe(false);
    }
  });

  test("is little of a server of one's own, unless stated", () => {
    const model = "openai-compatible/gpt-5";
    expect(limitsOf(model, null)).toMatchObject({ contextTokens: 16_384, maxOutputTokens: 4_096 });
    expect(isWindowGuessed(model, null)).toBe(true);
    expect(limitsOf(model, 4_096)).toMatchObject({ contextTokens: 4_096, maxOutputTokens: 1_024 });
    expect(limitsOf(model, 1_000_000)).toMatchObject({ contextTokens: 1_000_000, maxOutputTokens: 16_384 });
    expect(isWindowGuessed(model, 4_096)).toBe(false);
  });

  test("is guessed of a hosted one that is not in the list", () => {
    expect(limitsOf("openai/o9", null)).toMatchObject({ contextTokens: 128_000, maxOutputTokens: 16_384 });
  });
});
