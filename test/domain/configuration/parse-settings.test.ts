import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { silenceableRules } from "../../../src/domain/configuration/idle-rules.ts";
import { parseSettings } from "../../../src/domain/configuration/parse-settings.ts";

const parse = (text: string) => parseSettings(Buffer.from(text));
const settingsOf = (text: string) => {
  const parsed = parse(text);
  return "settings" in parsed ? parsed.settings : parsed.problems;
};
const problemsOf = (text: string) => {
  const parsed = parse(text);
  return "problems" in parsed ? parsed.problems : [];
};

test("what is said is read, in the file's own words; what is not said is left out", () => {
  const text = `
# yaml-language-server: $schema=https://reviewd.example/schema/reviewd.json
forks: off
comment_budget: 5
instructions:
  - text: Prices are in cents.
  - paths: [db/]
    text: |
      No lock on a whole table.
`;
  expect(settingsOf(text)).toEqual({
    forks: "off",
    comment_budget: 5,
    instructions: [
      { paths: [], text: "Prices are in cents." },
      { paths: ["db/"], text: "No lock on a whole table.\n" },
    ],
  });
});

test.each(["", "# nothing yet\n", "{}", "\ufeff{}\r\n"])("an empty file says nothing: %j", (text) => {
  expect(settingsOf(text)).toEqual({});
});

test.each([
  [`"wholly\\0other": 1\n`, 'there is no setting "wholly\\u{0}other"'],
  ['"\\uD800": 1\n', 'there is no setting "\\u{d800}"'],
  ['"\\e[2J": 1\n', 'there is no setting "\\u{1b}[2J"'],
  ['instructions:\n  - text: a\n    "x\\u202Ey": 1\n', 'there is no setting "x\\u{202e}y"'],
])("a problem is told in what can be seen: %j", (text, message) => {
  expect(problemsOf(text).map((problem) => problem.message)).toEqual([message]);
});

test.each<readonly [text: string, line: number, message: string]>([
  ["enabled: true\ndraft: true\n", 2, 'there is no setting "draft"; did you mean "drafts"?'],
  ["\n\nunheard_of: 1\n", 3, 'there is no setting "unheard_of"'],
  ["instructions:\n  - path: [a]\n    text: b\n", 2, 'there is no setting "path"; did you mean "paths"?'],
  ["drafts: yes\n", 1, 'drafts: expected true or false, not "yes"'],
  ["bots: true\ncomment_budget: 26\n", 2, "comment_budget: expected at most 25, not 26"],
  ["bots: true\ninclude:\n  - src/\n  - 7\n", 4, "include.1: expected text, not 7"],
  ["bots: true\ninstructions:\n  - paths: []\n", 3, "instructions.0.text: is missing"],
  ["bots: true\nbots: false\n", 2, "Map keys must be unique"],
  ["a: [\n", 2, "Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ["bots: true\n---\nbots: true\n", 2, "there is more than one document in it"],
  ["include: &all [a]\nexclude: *all\n", 1, "anchors and aliases are not taken here"],
  ["just text", 1, "expected settings, each with its value, such as gate: high"],
  ["- rules", 1, "expected settings, each with its value, such as gate: high"],
  ["comment_budget: 1.5", 1, "comment_budget: expected a whole number, not 1.5"],
  ["disabled_rules: python/eval", 1, 'disabled_rules: expected a list, not "python/eval"'],
  ["exclude: {}", 1, "exclude: expected a list, not an object"],
  ["drafts:", 1, "drafts: expected true or false, not nothing"],
  [`drafts: ${"x".repeat(50)}`, 1, `drafts: expected true or false, not "${"x".repeat(40)}…"`],
  ["reviewers: []", 1, "reviewers: expected at least 1 entry"],
  [
    "gate: hihg",
    1,
    'gate: expected one of off, critical, high, medium, low, not "hihg"; did you mean "high"?',
  ],
  ["forks: false", 1, "forks: expected one of off, members, all, not false"],
  ["include: !glob a", 1, "Unresolved tag: !glob"],
  ['bots: true\nexclude: ["a\\u202eb"]\n', 2, "exclude.0: it has control or invisible characters"],
  ["exclude: ['!a']", 1, "exclude: the first pattern takes back nothing: leave out its !"],
  ["model: claude", 1, "model: expected provider/model"],
])("%j is wrong on line %d: %s", (text, line, message) => {
  expect(problemsOf(text)).toContainEqual({ line, message });
});

describe("a rule that is left out in vain is told at its line, and the file is valid", () => {
  const warningsOf = (text: string) => {
    const parsed = parse(text);
    return "warnings" in parsed ? parsed.warnings : parsed.problems;
  };
  const said = (message: string) => `disabled_rules: ${message}`;

  test.each<readonly [id: string, message: string]>([
    ["javascript/debuger", 'there is no rule "javascript/debuger"; did you mean "javascript/debugger"?'],
    ["drop-table", 'there is no rule "drop-table"; did you mean "sql/drop-table"?'],
    ["eval", 'there is no rule "eval"; did you mean "elixir/eval" or "javascript/eval" or "python/eval"?'],
    ["of/another-time", 'there is no rule "of/another-time"; reviewd\'s RULES.md lists those there are'],
    [
      "javascript/no-eval-here",
      'there is no rule "javascript/no-eval-here"; did you mean "javascript/eval"?',
    ],
    [
      "python/loose-password-digest",
      'there is no rule "python/loose-password-digest"; did you mean "python/weak-password-hash"?',
    ],
    [
      "secrets/aws-key",
      'there is no rule "secrets/aws-key"; did you mean "secrets/aws-access-key", which is always on?',
    ],
    [
      "secrets/private-keys",
      'there is no rule "secrets/private-keys"; did you mean "secrets/private-key", which is always on?',
    ],
    [
      "private-key",
      'there is no rule "private-key"; did you mean "secrets/private-key", which is always on?',
    ],
    [
      "go/which-of-these-is-for-sql-command-values",
      'there is no rule "go/which-of-these-is-for-sql-command-values"; ' +
        'did you mean "go/shell-command-from-values" or "go/sql-from-values"?',
    ],
    ["secrets/private-key", '"secrets/private-key" is always on, whatever a configuration says'],
    ["text/bidi-control", '"text/bidi-control" is always on, whatever a configuration says'],
  ])("%s", (id, message) => {
    const text = `bots: true\ndisabled_rules:\n  - python/eval\n  - ${id}\n`;
    expect(warningsOf(text)).toEqual([{ line: 4, message: said(message) }]);
    expect(settingsOf(text)).toEqual({ bots: true, disabled_rules: ["python/eval", id] });
  });

  test("none of those that may be left out", () => {
    expect(silenceableRules.length).toBeGreaterThan(100);
    expect(warningsOf(`disabled_rules: [${silenceableRules.join(", ")}]`)).toEqual([]);
  });

  test("of a long list as many as are read, in little time", () => {
    const ids = Array.from({ length: 500 }, (_, at) => `${at}`.padStart(60, "x"));
    expect(warningsOf(`disabled_rules: [${ids.join(", ")}]`)).toHaveLength(20);
  });
});

test("all problems are told at once, the first line's first", () => {
  const found = problemsOf("drafts: 1\nbot: 2\ngate: high\nforks: some\n");
  expect(found.map(({ line }) => line)).toEqual([1, 2, 4]);
});

describe("a hostile file is refused in little time", () => {
  const entities = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let i = 0; i < 9; i++) entities.push(`b${i}: &b${i} [*a,*a,*a,*a,*a,*a,*a,*a,*a]`);
  test.each<readonly [string, string]>([
    ["aliases of aliases", entities.join("\n")],
    ["open brackets", "[".repeat(30_000)],
    ["closed brackets", "[".repeat(16_000) + "]".repeat(16_000)],
    ["nested maps", "{a: ".repeat(8_000)],
    ["nested items", "- ".repeat(16_000)],
    ["too long", "#".repeat(40_000)],
    ["a null byte", 'model: "a/\\0"'],
    ["half a surrogate pair", 'required_labels: ["\\ud800"]'],
  ])("%s", (_name, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  test("bytes that are no text", () => {
    expect(parseSettings(Uint8Array.of(0xff, 0xfe, 0))).toEqual({
      problems: [{ line: 1, message: "it is not UTF-8" }],
    });
  });
});

test("what an instruction hides is taken out of it", () => {
  const parsed = settingsOf('instructions: [{ text: "be\\u200b kind\\u202e\\0\\nalways\\U000e0041" }]');
  expect(parsed).toEqual({ instructions: [{ paths: [], text: "be kind\nalways" }] });
});

test("whatever the bytes, there are settings or problems, and each problem is on a line of the file", () => {
  const line = fc.constantFrom(
    "bots: true",
    "  - a",
    "forks: off",
    "'",
    "? [",
    "a: b: c",
    "\t",
    "instructions:",
    "*x",
    "!!t",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(line).map((lines) => lines.join("\n")),
      ),
      (text) => {
        const count = text.split(/\r\n|[\r\n]/).length;
        for (const problem of problemsOf(text)) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(count);
        }
      },
    ),
  );
});
