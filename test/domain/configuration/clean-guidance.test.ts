import { expect, test } from "bun:test";
import { cleanGuidance } from "../../../src/domain/configuration/clean-guidance.ts";

const clean = (text: string) => cleanGuidance(Buffer.from(text));

test("what is not seen is taken out; lines, tabs and letters of any script stay", () => {
  expect(clean("\ufeff# Reviews\r\n\r\n\tBe kind\u200b.\u202e\0\u001b[31m 價格 ü\u{e0041}\n")).toBe(
    "# Reviews\n\n\tBe kind.[31m 價格 ü",
  );
});

test.each(["", " \n\t\n", "\u200b"])("%j is no guidance", (text) => {
  expect(clean(text)).toBeNull();
});

test("10,000 characters are kept, whole ones, and a longer file says that it was cut", () => {
  expect(clean("😀".repeat(10_000))).toBe("😀".repeat(10_000));
  const cut = clean("😀".repeat(10_001)) ?? "";
  expect(cut).toStartWith("😀".repeat(10_000));
  expect(cut).toEndWith("[Cut here: only the first 10000 characters of this file are used.]");
  expect(cut.isWellFormed()).toBe(true);
});
