import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Finding } from "../../../src/adapters/reviewer/reviewer.ts";
import { mergeFindings } from "../../../src/domain/review/merge-findings.ts";
import { aFinding } from "./build.ts";

const rule = aFinding({ line: 10, severity: "medium" });
const model = aFinding({
  ...{ reviewer: "model", ruleId: null, startLine: 9, line: 10, severity: "high" },
  ...{ title: "User input is passed to eval", body: "Anybody can run code." },
});

describe("two reports of one problem become one finding", () => {
  test("a rule's and a model's: the rule's words, the worse severity, the narrower lines, both named", () => {
    expect(mergeFindings([model, rule])).toEqual([
      { finding: { ...rule, severity: "high" }, reportedBy: ["rules", "model"], members: [1, 0] },
    ]);
  });

  test("a suggestion comes with the lines it replaces", () => {
    const [merged] = mergeFindings([rule, { ...model, suggestion: "run(input);" }]);
    expect(merged?.finding).toEqual({
      ...{ ...rule, severity: "high", startLine: 9, line: 10 },
      suggestion: "run(input);",
    });
  });

  test("the words of the model's own, where two parts of it overlap", () => {
    const other = { ...model, title: "Passing user input to eval", startLine: 10, line: 12 };
    expect(mergeFindings([model, other]).map(({ members }) => members)).toEqual([[0, 1]]);
  });

  test("the same rule at the same lines in the same words", () => {
    expect(mergeFindings([rule, rule])).toHaveLength(1);
  });
});

describe("two problems stay two", () => {
  test.each<[string, Finding, Finding]>([
    ["on other lines", rule, { ...model, startLine: 11, line: 14 }],
    ["in other files", rule, { ...model, path: "src/b.ts" }],
    ["of two rules on one line", rule, { ...rule, ruleId: "no-semicolon" }],
    ["of one rule about two names on one line", rule, { ...rule, title: "`b` is never used" }],
    ["of one rule on nested lines", rule, { ...rule, startLine: 8 }],
    ["of another category, in other words", rule, { ...model, category: "correctness", title: "Off by one" }],
    ["with no word in common", rule, { ...model, title: "A password stands here", body: "Rotate it." }],
    ["where one is a small part of the other", rule, { ...model, startLine: 1, title: "Input is trusted" }],
  ])("%s", (_, one, other) => {
    expect(mergeFindings([one, other])).toHaveLength(2);
    expect(mergeFindings([other, one])).toHaveLength(2);
  });
});

const reports = fc.array(
  fc
    .record({
      reviewer: fc.constantFrom("rules" as const, "model" as const, "agent" as const),
      path: fc.constantFrom("a.ts", "b.ts"),
      startLine: fc.integer({ min: 1, max: 6 }),
      extra: fc.integer({ min: 0, max: 3 }),
      severity: fc.constantFrom("critical" as const, "low" as const),
      category: fc.constantFrom("security", "correctness"),
      title: fc.constantFrom(
        "User input reaches eval",
        "eval of user input",
        "Off by one",
        "The loop ends early",
        "?!",
      ),
      body: fc.constantFrom("Anybody can run code.", "The last one is left out."),
      suggestion: fc.constantFrom(null, "", "run(input);", "stop();"),
    })
    .map(({ extra, ...values }) =>
      aFinding({
        ...values,
        line: values.startLine + extra,
        ruleId: values.reviewer === "rules" ? values.title : null,
      }),
    ),
  { maxLength: 20 },
);

/** The same reports twice, the second time in another order. */
const twice = reports.chain((found) =>
  fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length })),
);

test("every report is in exactly one finding, whatever order they come in", () => {
  fc.assert(
    fc.property(twice, ([found, shuffled]) => {
      const merged = mergeFindings(found);
      expect(merged.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual([...found.keys()]);
      expect(mergeFindings(shuffled).map(({ finding, reportedBy }) => ({ finding, reportedBy }))).toEqual(
        merged.map(({ finding, reportedBy }) => ({ finding, reportedBy })),
      );
    }),
    { examples: [[swapped(model, { ...model, category: "correctness" })]] },
  );
});

function swapped(one: Finding, other: Finding): [Finding[], Finding[]] {
  return [
    [one, other],
    [other, one],
  ];
}
