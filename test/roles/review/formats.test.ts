import { describe, expect, test } from "bun:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { emptyTree } from "../../../src/adapters/git/repository.ts";
import { ruleCatalog } from "../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { formatJson } from "../../../src/roles/review/format-json.ts";
import { formatSarif } from "../../../src/roles/review/format-sarif.ts";
import { formatText } from "../../../src/roles/review/format-text.ts";
// As published in @microsoft/jest-sarif 1.0.0-beta.0.
import sarifSchema from "./fixtures/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { finding, range, sampleReport } from "./sample-report.ts";

const plain = { colour: false, columns: 60 };
const everyReason = [
  "binary",
  "deleted",
  "no_changed_lines",
  "too_large",
  "symlink",
  "submodule",
  "parser_failed",
  "timed_out",
] as const;
const full = {
  findings: [
    finding({
      severity: "medium",
      path: "src/ä b.ts",
      startLine: 4,
      line: 6,
      suggestion: "const a = 1;\n\tb();",
    }),
    finding({ severity: "critical", ruleId: null, body: `${"word ".repeat(20)}\n\nSecond paragraph.` }),
  ],
  reviewedPaths: ["src/a.ts", "src/ä b.ts"],
  notReviewed: everyReason.map((reason) => ({ path: `x/${reason}`, reason })),
};

test("text is for people: most severe first, wrapped, with what was not reviewed and why", async () => {
  expect(formatText(sampleReport(full), plain)).toBe(
    `critical  src/a.ts:3
  │ The title
  │ word word word word word word word word word word word
  │ word word word word word word word word word
  │
  │ Second paragraph.

medium    src/ä b.ts:4-6  sample/rule
  │ The title
  │ Why it matters.
  │ suggested instead:
  │ + const a = 1;
  │ +     b();

1 critical, 1 medium · 2 of 10 changed files reviewed · main...cart aaaaaaaaa..bbbbbbbbb
not reviewed, binary: x/binary
not reviewed, deleted: x/deleted
not reviewed, no added lines: x/no_changed_lines
not reviewed, too large: x/too_large
not reviewed, a symbolic link: x/symlink
not reviewed, a submodule: x/submodule
not reviewed, could not be parsed: x/parser_failed
not reviewed, took too long: x/timed_out
`,
  );
});

test("text for nothing found, nothing changed, a root commit and many files left out", async () => {
  const notReviewed = Array.from({ length: 8 }, (_, i) => ({ path: `${i}.png`, reason: "binary" as const }));
  const report = sampleReport({ notReviewed });
  expect(formatText({ ...report, range: { ...range, base: emptyTree.sha1 } }, plain)).toBe(
    "no findings · 0 of 8 changed files reviewed · main...cart nothing..bbbbbbbbb\n" +
      "not reviewed, binary: 0.png, 1.png, 2.png, 3.png, 4.png and 3 more\n",
  );
  expect(formatText(sampleReport({ reviewedPaths: ["a"] }), plain)).toContain("1 of 1 changed file reviewed");
});

test("colour is only colour", async () => {
  const report = sampleReport(full);
  const coloured = formatText(report, { ...plain, colour: true });
  expect(coloured).toContain("\u001b[31m");
  expect(Bun.stripANSI(coloured)).toBe(formatText(report, plain));
});

const hostile = {
  findings: [
    finding({
      path: "a\u001b[2Jb\n::stop-commands::x\u202Egnp.ts",
      title: "\u001b]0;owned\u0007",
      body: "::add-mask::x\n\u009b31m\u{E0041}",
      suggestion: "::set-env::\r\n\u200b",
    }),
  ],
  reviewedPaths: [],
  notReviewed: [{ path: "\u001b[31m\n::error::", reason: "binary" as const }],
};

test("what a repository holds moves no cursor, hides no text and gives no commands to a CI log", async () => {
  const report = sampleReport(hostile);
  const texts = [formatText(report, plain), formatJson(report), formatSarif(report, ruleCatalog)];
  for (const text of texts) {
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.split("\n").filter((line) => line.trimStart().startsWith("::"))).toEqual([]);
  }
  expect(texts[0]).toContain("a\\u{1b}[2Jb\\u{a}::stop-commands::x\\u{202e}gnp.ts:3");
  expect(JSON.parse(texts[1] ?? "").findings[0]).toMatchObject(hostile.findings[0] ?? {});
});

test("JSON keeps its form", async () => {
  expect(JSON.parse(formatJson(sampleReport(full, "none")))).toEqual({
    version: 1,
    reviewd: "1.2.3",
    range: { name: "main...cart", base: range.base, head: range.head },
    failOn: "none",
    failed: false,
    findings: [
      {
        reviewer: "rules",
        ruleId: null,
        severity: "critical",
        category: "security",
        path: "src/a.ts",
        startLine: 3,
        line: 3,
        title: "The title",
        body: full.findings[1]?.body,
        suggestion: null,
      },
      {
        reviewer: "rules",
        ruleId: "sample/rule",
        severity: "medium",
        category: "security",
        path: "src/ä b.ts",
        startLine: 4,
        line: 6,
        title: "The title",
        body: "Why it matters.",
        suggestion: "const a = 1;\n\tb();",
      },
    ],
    reviewed: full.reviewedPaths,
    notReviewed: full.notReviewed,
    configuration: null,
    notFollowed: [],
    belowThreshold: 0,
  });
});

describe("a report by the repository's configuration", () => {
  const commit = "c".repeat(40);
  const told = { line: 3, message: 'a "\u202e" problem' };
  const findings = [finding({}), finding({ severity: "medium" }), finding({ severity: "low" })];
  const reportBy = (problems: (typeof told)[], warnings: (typeof told)[]) =>
    sampleReport({ findings }, "low", {
      configuration: { path: ".reviewd.yml", commit, problems, warnings },
      severityThreshold: "high",
    });

  test("says so, with what it leaves unsaid and what in it has no effect", () => {
    const report = reportBy([], [told]);
    expect(report).toMatchObject({ findings: [{ severity: "high" }], belowThreshold: 2, failed: true });
    expect(formatText(report, plain)).toEndWith(
      "\nas .reviewd.yml at ccccccccc wants it; 2 below its severity threshold not shown\n" +
        '  on line 3, without effect: a "\\u{202e}" problem\n',
    );
    expect(JSON.parse(formatJson(report))).toMatchObject({
      configuration: { path: ".reviewd.yml", commit, problems: [], warnings: [told] },
      belowThreshold: 2,
    });
  });

  test("says which other one is not followed, and what is wrong with that", () => {
    const path = ".reviewd.yml";
    const unfollowed = [
      { path, commit: range.head, problems: [], warnings: [] },
      { path, commit: null, problems: [told], warnings: [] },
    ];
    const report = sampleReport({}, "low", { unfollowed });
    expect(formatText(report, plain)).toEndWith(
      "\n.reviewd.yml at bbbbbbbbb is not followed: it would have to be at ccccccccc, where the changes go to\n" +
        ".reviewd.yml in the working tree is not followed: it would have to be at ccccccccc, where the changes go to; " +
        'nor is it valid:\n  line 3: a "\\u{202e}" problem\n',
    );
    expect(JSON.parse(formatJson(report))).toMatchObject({ configuration: null, notFollowed: unfollowed });
  });

  test("says what is wrong with it", () => {
    const report = reportBy([told], []);
    expect(formatText(report, plain)).toEndWith(
      '\n.reviewd.yml at ccccccccc is not valid, and was not followed:\n  line 3: a "\\u{202e}" problem\n',
    );
    const sarif = JSON.parse(formatSarif(report, ruleCatalog));
    expect(isSarif(sarif)).toBe(true);
    expect(sarif.runs[0].invocations[0].toolConfigurationNotifications).toMatchObject([
      {
        level: "error",
        message: { text: told.message },
        locations: [
          { physicalLocation: { artifactLocation: { uri: ".reviewd.yml" }, region: { startLine: 3 } } },
        ],
      },
    ]);
  });
});

const isSarif = (() => {
  // Of draft 4, the schema uses only what is the same in draft 7, apart from the names of these two.
  const { $schema: _, id: __, ...schema } = sarifSchema;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  return ajv.compile(schema);
})();

test("SARIF fits the official schema, whatever is in it", async () => {
  for (const found of [full, hostile, {}]) {
    isSarif(JSON.parse(formatSarif(sampleReport(found), ruleCatalog)));
    expect(isSarif.errors).toBeNull();
  }
  expect(isSarif({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
});

test("SARIF has every rule, and each result leads to its own", async () => {
  const [first] = ruleCatalog;
  const ruleId = first?.id ?? "";
  const report = sampleReport({
    ...full,
    findings: [finding({ ruleId, suggestion: "x", path: "a b/ü:c" })],
  });
  const [run] = JSON.parse(formatSarif(report, ruleCatalog)).runs;
  expect(run.tool.driver.rules).toHaveLength(ruleCatalog.length);
  expect(run.results).toMatchObject([
    {
      ruleId,
      ruleIndex: 0,
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a%20b/%C3%BC%3Ac" },
            region: { startLine: 3, endLine: 3 },
          },
        },
      ],
      fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: "x" } }] }] }],
    },
  ]);
  expect(run.invocations[0].toolExecutionNotifications).toHaveLength(everyReason.length);
});
