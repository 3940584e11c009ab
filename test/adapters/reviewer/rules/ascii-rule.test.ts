import { expect, test } from "bun:test";
import { asciiRegex, asciiRule } from "../../../../src/adapters/reviewer/rules/ascii-rule.ts";

test.each([
  ["^\\w+\\s*\\($", "^[0-9A-Za-z_]+[\\t\\n\\v\\f\\r ]*\\($"],
  ["[\\w.-]\\d", "[0-9A-Za-z_.-][0-9]"],
  ["\\bdelay\\b", "(?-u:\\b)delay(?-u:\\b)"],
  ["\\\\w[^\\]\\d]", "\\\\w[^\\]0-9]"],
  ["\\[\\w\\]", "\\[[0-9A-Za-z_]\\]"],
])("%s is matched as %s", (regex, expected) => {
  expect(asciiRegex(regex)).toBe(expected);
});

test("patterns are found wherever a rule has them", () => {
  expect(asciiRule({ any: [{ kind: "call" }, { has: { field: "name", regex: "^\\d$" } }] })).toEqual({
    any: [{ kind: "call" }, { has: { field: "name", regex: "^[0-9]$" } }],
  });
});
