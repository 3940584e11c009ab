import { expect, test } from "bun:test";
import { isSafeSuggestion } from "../../../../src/adapters/reviewer/rules/safe-suggestion.ts";

test.each(["x = 1", "\tif a:\n\t\tb()", "name = 'ä 漢 🙂'"])("%j may be offered as a commit", (text) => {
  expect(isSafeSuggestion(text)).toBe(true);
});

test.each([
  "",
  "a\r\nb",
  "a\u0000",
  "a\u001B[31m",
  "a\u200Bb",
  "a\u200Db",
  "\uFEFFa",
  "a\u202Eb",
  "a\u2066b",
  "a\u2028b",
  "a\u{E0041}",
  "a\uFE0F",
  "a\u{E0101}",
  "a\u3164",
  "a\uFFFD",
  "a\uE000",
  "a\uD800",
])("%j may not", (text) => {
  expect(isSafeSuggestion(text)).toBe(false);
});
