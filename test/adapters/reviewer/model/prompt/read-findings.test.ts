import { describe, expect, test } from "bun:test";
import type { Part } from "../../../../../src/adapters/reviewer/model/budget/part.ts";
import { readFindings } from "../../../../../src/adapters/reviewer/model/prompt/read-findings.ts";
import type { ReportedFinding } from "../../../../../src/adapters/reviewer/model/prompt/review-answer.ts";
import { addedFile } from "../sample-brief.ts";

const texts = ["function a() {", "  one();", "  two();", "  one();", "}"];
const part: Part = {
  files: [
    {
      file: addedFile("src/a.ts", []),
      sections: [{ rows: texts.map((text, i) => ({ kind: "added", newLine: 11 + i, text, isShown: true })) }],
    },
    { file: addedFile("src/we\u200bird.ts", []), sections: [] },
  ],
};
const allPaths = new Set(["src/a.ts", "src/we\u200bird.ts", "src/other.ts", "a/src/b.ts"]);

function read(values: Partial<ReportedFinding>) {
  const one: ReportedFinding = {
    path: "src/a.ts",
    start_line: 13,
    line: 13,
    quote: "  two();",
    severity: "high",
    category: "correctness",
    title: "Wrong",
    body: "It is wrong.",
    suggestion: null,
    confidence: "high",
    ...values,
  };
  return readFindings([one], part, allPaths);
}
const lines = (values: Partial<ReportedFinding>) => {
  const [one] = read(values).findings;
  return one && [one.startLine, one.line];
};

describe("the path", () => {
  test.each([
    ["src/a.ts", "src/a.ts"],
    ['"src/a.ts"', "src/a.ts"],
    ["./src/a.ts", "src/a.ts"],
    ["b/src/a.ts", "src/a.ts"],
    ["a/src/b.ts", "a/src/b.ts"],
    ["src/we\\u{200b}ird.ts", "src/we\u200bird.ts"],
    ["src/other.ts", "src/other.ts"],
  ])("%s is %s", (said, path) => {
    expect(read({ path: said }).findings.map((one) => one.path)).toEqual([path]);
  });

  test("of a file that is not in the diff drops the finding", () => {
    expect(read({ path: "src/gone.ts" })).toEqual({ findings: [], dropped: 1 });
  });
});

describe("the lines", () => {
  test.each<[string, Partial<ReportedFinding>, [number, number]]>([
    ["are as said where the quote is there", {}, [13, 13]],
    ["move to the quote where it is in one place only", { line: 15, start_line: 15 }, [13, 13]],
    ["move together", { line: 15, start_line: 14 }, [12, 13]],
    ["stay where the quote is in two places", { line: 15, start_line: 15, quote: "one();" }, [15, 15]],
    ["stay where the quote is nowhere", { quote: "three();" }, [13, 13]],
    ["stay where there is no quote", { quote: "" }, [13, 13]],
    ["are put in order", { start_line: 14, line: 12, quote: "one();" }, [12, 14]],
    ["shrink to the end where the start was not shown", { start_line: 1, line: 13 }, [13, 13]],
    ["are whole numbers from 1", { start_line: -3, line: Number.NaN, quote: "" }, [1, 1]],
    ["are no larger than the database takes", { start_line: 1e15, line: 1e15, quote: "" }, [1e7, 1e7]],
    ["outside of what was shown go through", { start_line: 99, line: 99, quote: "x" }, [99, 99]],
  ])("%s", (_, values, expected) => {
    expect(lines(values)).toEqual(expected);
  });
});

describe("the suggestion", () => {
  const suggestion = (values: Partial<ReportedFinding>) => read(values).findings[0]?.suggestion;

  test("is without its fence and last line break", () => {
    expect(suggestion({ suggestion: "```ts\n  three();\n```" })).toBe("  three();");
    expect(suggestion({ suggestion: "  three();\r\n  four();\n" })).toBe("  three();\n  four();");
  });

  test("is none where it changes nothing, or would replace lines that were not shown", () => {
    expect(suggestion({ suggestion: "  two();" })).toBeNull();
    expect(suggestion({ line: 16, start_line: 15, quote: "x", suggestion: "y" })).toBeNull();
    expect(suggestion({ path: "src/other.ts", suggestion: "y" })).toBeNull();
    expect(suggestion({ suggestion: "y".repeat(6_001) })).toBeNull();
  });
});

test("what is unsure or says nothing is dropped", () => {
  expect(read({ confidence: "low" })).toEqual({ findings: [], dropped: 1 });
  expect(read({ title: " \n" })).toEqual({ findings: [], dropped: 1 });
});

test("texts are bounded", () => {
  const [one] = read({
    title: `a\nb ${"t".repeat(999)}`,
    category: "Very\nLong ".repeat(99),
    body: `${"b".repeat(3_999)}🙂🙂`,
  }).findings;
  expect(one?.title).toStartWith("a b t");
  expect([one?.title.length, one?.category.length, one?.body.length]).toEqual([200, 40, 4_000]);
  expect(one?.body.isWellFormed()).toBe(true);
});

test("of too many the most severe are kept, in the order they were said", () => {
  const many = Array.from(
    { length: 40 },
    (_, i): ReportedFinding => ({
      path: "src/a.ts",
      start_line: 13,
      line: 13,
      quote: "",
      severity: i === 39 ? "critical" : "low",
      category: "data",
      title: `number ${i}`,
      body: "",
      suggestion: null,
      confidence: "medium",
    }),
  );
  const { findings, dropped } = readFindings(many, part, allPaths);
  expect([findings.length, dropped]).toEqual([25, 15]);
  expect(findings.slice(0, 2).map(({ title }) => title)).toEqual(["number 39", "number 0"]);
});
