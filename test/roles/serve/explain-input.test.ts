import { expect, test } from "bun:test";
import { z } from "zod";
import { explainInput } from "../../../src/roles/serve/explain-input.ts";

const schema = z.strictObject({
  name: z.string().min(2).max(3),
  days: z.int().min(1).max(365).optional(),
  part: z.number().optional(),
  tags: z
    .array(z.enum(["a", "b"]))
    .min(1)
    .max(2)
    .optional(),
  on: z.boolean().optional(),
  one: z.literal("only").optional(),
  id: z.uuid().optional(),
  word: z.string().min(1).optional(),
  code: z.string().regex(/^x$/).optional(),
  even: z
    .number()
    .refine((number) => number % 2 === 0, "expected an even number")
    .optional(),
});

test.each([
  [{}, "name: is missing"],
  [[], "expected an object"],
  [null, "expected an object"],
  [{ name: 1 }, "name: expected text"],
  [{ name: "x" }, "name: expected at least 2 characters"],
  [{ name: "xxxx" }, "name: expected at most 3 characters"],
  [{ name: "xx", days: "30" }, "days: expected a number"],
  [{ name: "xx", days: 0.5 }, "days: expected a whole number"],
  [{ name: "xx", days: 0 }, "days: expected at least 1"],
  [{ name: "xx", days: 366 }, "days: expected at most 365"],
  [{ name: "xx", part: null }, "part: expected a number"],
  [{ name: "xx", tags: "a" }, "tags: expected a list"],
  [{ name: "xx", tags: [] }, "tags: expected at least 1 entry"],
  [{ name: "xx", tags: ["a", "c"] }, "tags[1]: expected one of a, b"],
  [{ name: "xx", tags: ["a", "b", "a"] }, "tags: expected at most 2 entries"],
  [{ name: "xx", on: "yes" }, "on: expected true or false"],
  [{ name: "xx", one: "other" }, "one: expected only"],
  [{ name: "xx", id: "1" }, "id: expected a uuid"],
  [{ name: "xx", word: "" }, "word: expected at least 1 character"],
  [{ name: "xx", code: "y" }, "code: has characters that do not belong there"],
  [{ name: "xx", even: 3 }, "even: expected an even number"],
  [{ name: "xx", more: 1, "line\nbreak": 2 }, "there is no more, line\\u{a}break here"],
  [{ name: 1, on: 1 }, "name: expected text; on: expected true or false"],
])("%j is explained in plain words, on one line", (sent, explained) => {
  const { error } = schema.safeParse(sent);
  expect(error && explainInput(error)).toBe(explained);
});

test("of very much that is wrong, enough is told", () => {
  const { error } = z.array(z.string()).safeParse(Array.from({ length: 1_000 }, () => 1));
  expect(error && explainInput(error).split("; ")).toHaveLength(10);
});

test("of very many names that nobody knows, enough are told, and not at any length", () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `${at}${"x".repeat(1_000)}`);
  const { error } = z.strictObject({}).safeParse(Object.fromEntries(names.map((name) => [name, 1])));
  const told = error && explainInput(error);
  expect(told).toStartWith(`there is no 0${"x".repeat(39)}…, 1x`);
  expect(told).toEndWith("…, … here");
  expect(told?.length).toBeLessThan(500);
});
