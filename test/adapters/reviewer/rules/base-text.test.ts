import { expect, test } from "bun:test";
import fc from "fast-check";
import { baseText } from "../../../../src/adapters/reviewer/rules/base-text.ts";
import { diffOf } from "./review-text.ts";

const text = fc
  .array(fc.constantFrom("a", "b", "", "é", "  c"), { maxLength: 12 })
  .map((lines) => lines.join("\n"));

test("undoing a diff gives the text it was made from", () => {
  fc.assert(
    fc.property(text, text, (base, head) => {
      const withBreak = (lines: string) => (lines === "" ? "" : `${lines}\n`);
      const file = diffOf({ path: "a", base: withBreak(base), head: withBreak(head) });
      expect(baseText(file, withBreak(head))).toBe(withBreak(base));
    }),
  );
});

test("carriage returns make no difference to whether a diff fits", () => {
  const file = diffOf({ path: "a", base: "a\nb\n", head: "a\nc\n" });
  expect(baseText(file, "a\r\nc\r\n")).toBe("a\r\nb\n");
});

test("a diff that does not fit gives nothing", () => {
  const file = diffOf({ path: "a", base: "a\nb\n", head: "a\nc\n" });
  expect(baseText(file, "a\nd\n")).toBeNull();
  expect(baseText(file, "a\n")).toBeNull();
});
