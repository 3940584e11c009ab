import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { offeredSuggestion, suggestionBlock } from "../../../src/domain/review/suggestion.ts";
import { aFile, aFinding } from "./build.ts";

const file = aFile("src/a.ts", [" context", "+eval(a);", "+eval(b);"]);
const ours = { isAllowed: true };
const fix = aFinding({ line: 2, suggestion: "run(a);" });

describe("a suggestion is offered", () => {
  test("on lines the pull request added", () => {
    expect(offeredSuggestion(fix, file, ours)).toBe("run(a);");
    expect(offeredSuggestion({ ...fix, line: 3 }, file, ours)).toBe("run(a);");
  });
});

describe("a suggestion is held back", () => {
  test("where none is allowed", () => {
    expect(offeredSuggestion(fix, file, { isAllowed: false })).toBeNull();
  });

  test.each([
    ["the line as it is", { line: 2, suggestion: "eval(a);\n" }],
    ["two lines as they are", { startLine: 2, line: 3, suggestion: "eval(a);\r\neval(b);" }],
  ])("that changes nothing: %s", (_, values) => {
    expect(offeredSuggestion(aFinding(values), file, ours)).toBeNull();
  });

  test("on a line that was there before", () => {
    expect(offeredSuggestion({ ...fix, startLine: 1 }, file, ours)).toBeNull();
  });

  test.each([
    ["a bidirectional override", "run(a);\u202e"],
    ["a zero-width space", "run\u200b(a);"],
    ["a control character", "run(a);\u001b[31m"],
    ["half a surrogate pair", "run('\ud83d');"],
    ["a token", `run("ghp_${"a".repeat(36)}");`],
    ["the look of a marker", "run(a); // <!-- reviewd:review -->"],
    ["more than anybody reads", "x".repeat(10_001)],
  ])("with %s", (_, suggestion) => {
    expect(offeredSuggestion({ ...fix, suggestion }, file, ours)).toBeNull();
  });
});

describe("the block", () => {
  test("replaces the lines by what is suggested", () => {
    expect(suggestionBlock("run(a);\n")).toBe("```suggestion\nrun(a);\n```");
  });

  test.each([
    ["several lines", "a();\nb();", "a();\nb();"],
    ["line ends of another system", "a();\r\nb();\r\n", "a();\nb();"],
    ["an empty line", "\n", ""],
    ["empty lines around", "\na();\n\n", "\na();\n"],
    ["indentation", "\ta();  ", "\ta();  "],
  ])("keeps every line: %s", (_, suggestion, lines) => {
    expect(suggestionBlock(suggestion)).toBe(`\`\`\`suggestion\n${lines}\n\`\`\``);
  });

  test("without lines removes them", () => {
    expect(suggestionBlock("")).toBe("```suggestion\n```");
  });

  test("cannot be ended by what is in it", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("`", "```", "\n", "a", "````\n")), (parts) => {
        const block = suggestionBlock(parts.join(""));
        const [fence = ""] = /^`+/.exec(block) ?? [];
        const inside = block.split("\n").slice(1, -1);
        expect(block.endsWith(`\n${fence}`)).toBe(true);
        expect(inside.filter((line) => line.includes(fence))).toEqual([]);
      }),
    );
  });
});
