import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  cutToTokens,
  estimateTokens,
} from "../../../../../src/adapters/reviewer/model/budget/estimate-tokens.ts";

const text = fc.string({ unit: "binary", maxLength: 400 });

test("lines add up", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const apart = estimateTokens(a) + estimateTokens("\n") + estimateTokens(b);
      expect(estimateTokens(`${a}\n${b}`)).toBeCloseTo(apart, 6);
    }),
  );
});

test("a cut text is within its tokens and says that it was cut", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 200 }), (said, tokens) => {
      const cut = cutToTokens(said, tokens);
      expect(estimateTokens(cut)).toBeLessThanOrEqual(tokens + 3);
      expect(cut === said || cut === "" || cut.endsWith("[the rest was cut]")).toBe(true);
      expect(cut === said || cut.isWellFormed()).toBe(true);
    }),
  );
});

// What o200k and cl100k, whichever says more, make of them.
test.each([
  ["export function total(items: readonly Item[]): number {", 10],
  ["ZmFzdC1jaGVja2luZyBpcyBmdW4sIHJlYWxseSBmdW4gaW5kZWVk".repeat(4), 148],
  ["用户登录失败时应该返回错误代码并且记录日志。", 16],
  ["🙂🚀🔥👩‍👩‍👧", 21],
] as const)("%s is not estimated as less than it is", (said, tokens) => {
  expect(estimateTokens(said)).toBeGreaterThanOrEqual(tokens);
});
