import { describe, expect, test } from "bun:test";
import { fingerprint } from "../../../src/domain/review/fingerprint.ts";
import { aFile, aFinding } from "./build.ts";

const file = aFile("src/a.ts", [" const a = 1;", "+eval(input);", "+eval(other);"], 10);
const finding = aFinding({ line: 11 });
const known = fingerprint(finding, file);

describe("a finding is the same", () => {
  test("when its line moved", () => {
    const moved = aFile("src/a.ts", ["+// a", "+// b", "+eval(input);"], 40);
    expect(fingerprint(aFinding({ line: 42 }), moved)).toBe(known);
  });

  test("when its line was indented anew", () => {
    const indented = aFile("src/a.ts", ["+\t\teval(input);  "], 10);
    expect(fingerprint(aFinding({ line: 10 }), indented)).toBe(known);
  });

  test("when the rule's wording changed", () => {
    expect(fingerprint({ ...finding, title: "Do not eval", body: "Or else." }, file)).toBe(known);
  });

  test("when a reviewer without rules words it with other case, marks and numbers", () => {
    const prose = { ...finding, ruleId: null, title: "Evaluates user input (line 11)." };
    const again = { ...prose, title: "evaluates user input, line 42" };
    expect(fingerprint(again, file)).toBe(fingerprint(prose, file));
  });
});

describe("a finding is another", () => {
  test.each([
    ["on another line's text", { line: 12, startLine: 12 }],
    ["of another rule", { ruleId: "no-new-function" }],
    ["in another file", { path: "src/b.ts" }],
    ["on more lines", { line: 12, startLine: 11 }],
    ["from another reviewer", { reviewer: "model" as const }],
  ])("%s", (_, values) => {
    expect(fingerprint({ ...finding, ...values }, file)).not.toBe(known);
  });
});
