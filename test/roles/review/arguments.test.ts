import { expect, test } from "bun:test";
import { UsageError } from "../../../src/command.ts";
import { failOnValues, formats, parseReviewArguments, usage } from "../../../src/roles/review/arguments.ts";

test("without arguments: this folder, the default range, text, fail on high", () => {
  expect(parseReviewArguments([])).toEqual({
    help: false,
    directory: ".",
    range: null,
    format: "text",
    failOn: "high",
    configured: true,
  });
});

test("all arguments, in any order and spelling", () => {
  const given = ["--format", "sarif", "--repo=-d", "--no-config", "--fail-on=low", "--", "-a..b"];
  expect(parseReviewArguments(given)).toEqual({
    ...{ help: false, directory: "-d", range: "-a..b", format: "sarif", failOn: "low", configured: false },
  });
  expect(parseReviewArguments(["a..b", "--format=json"])).toMatchObject({ range: "a..b", format: "json" });
  expect(parseReviewArguments(["-h"]).help).toBe(true);
});

test.each([
  [["--formt=json"], /--formt/],
  [["--format=xml"], /--format is text, json, sarif; "xml" is none of them/],
  [["--format"], /--format/],
  [["--fail-on", "severe"], /--fail-on is critical, high, medium, low, none; "severe"/],
  [["main", "feature"], /"feature" is one too many/],
  [["--help=yes"], /--help/],
])("%j is refused with a reason", (args, reason) => {
  expect(() => parseReviewArguments(args)).toThrow(UsageError);
  expect(() => parseReviewArguments(args)).toThrow(reason);
});

test("the help names every option and value", () => {
  for (const word of [
    "--repo",
    "--format",
    "--fail-on",
    "--no-config",
    "--help",
    ...formats,
    ...failOnValues,
  ]) {
    expect(usage).toContain(word);
  }
  expect(usage.split("\n").filter((line) => line.length > 100)).toEqual([]);
});
