import { describe, expect, test } from "bun:test";
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import type { Finding } from "../../../src/adapters/reviewer/reviewer.ts";
import { identify } from "../../../src/domain/review/fingerprint.ts";
import { showFiles } from "../../../src/domain/review/shown-lines.ts";
import { aFile, aFinding } from "./build.ts";

function identityOf(finding: Finding, file: FileDiff) {
  return identify(finding, showFiles([file]).get(file.path));
}

function fingerprint(finding: Finding, file: FileDiff): string {
  return identityOf(finding, file).fingerprint;
}

function anchor(finding: Finding, file: FileDiff): string {
  return identityOf(finding, file).anchor;
}

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
  ])("%s", (_, values) => {
    expect(fingerprint({ ...finding, ...values }, file)).not.toBe(known);
  });
});

describe("the anchor of a finding", () => {
  test("is the same in another file, in other words, of another rule", () => {
    const moved = aFile("src/b.ts", [" const a = 1;", "+  eval(input);", "+eval(other);"], 200);
    const other = { ...finding, path: "src/b.ts", startLine: 201, line: 201, ruleId: null, title: "Careful" };
    expect(anchor(other, moved)).toBe(anchor(finding, file));
  });

  test("tells equal lines apart by what stands around them", () => {
    const twice = aFile("src/a.ts", ["+first();", "+eval(input);", "+}", "+second();", "+eval(input);"]);
    expect(anchor(aFinding({ line: 2 }), twice)).not.toBe(anchor(aFinding({ line: 5 }), twice));
  });

  test("does not depend on empty lines and braces around it", () => {
    const airy = aFile("src/a.ts", [" const a = 1;", "+", "+{", "+eval(input);", "+}", "+eval(other);"], 10);
    expect(anchor(aFinding({ line: 13 }), airy)).toBe(anchor(finding, file));
  });

  test("is empty where the diff does not show the line", () => {
    expect(anchor(aFinding({ line: 500 }), file)).toBe("||");
    expect(identify(finding, undefined).anchor).toBe("||");
  });
});
