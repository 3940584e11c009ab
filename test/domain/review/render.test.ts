import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Severity, severities } from "../../../src/adapters/reviewer/reviewer.ts";
import { closedCheck } from "../../../src/domain/review/closed-check.ts";
import { completedCheck, runningCheck } from "../../../src/domain/review/render-check.ts";
import { renderComment } from "../../../src/domain/review/render-comment.ts";
import { renderReview } from "../../../src/domain/review/render-review.ts";
import { renderSummary } from "../../../src/domain/review/render-summary.ts";
import type { Report, SaidFinding } from "../../../src/domain/review/report.ts";
import { aFinding } from "./build.ts";

const marker = "<!-- marker -->";
const footer =
  "<sub>Reviewed by rules, without a language model. A 👍 or 👎 on a comment tells whether it helped.</sub>";

type Disposition = SaidFinding["disposition"];

function said(severity: Severity, disposition: Disposition, values: Parameters<typeof aFinding>[0] = {}) {
  return { ...aFinding({ severity, ...values }), disposition };
}

const clean: Report = {
  headSha: "0123456789abcdef",
  findings: [],
  withheld: {},
  coverage: { reviewed: 2, notReviewed: [] },
  facts: {
    reviewers: ["rules"],
    fallback: null,
    gate: "off",
    configurationPath: null,
    configurationProblems: [],
    configurationWarnings: [],
    guidanceUsed: false,
    reviewedPaths: [],
    gone: [],
    suppressions: [],
  },
  spent: {
    calls: 0,
    callsOfUnknownUsage: 0,
    models: [],
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    costMicroDollars: null,
  },
  earlier: [],
};

function withFacts(facts: Partial<Report["facts"]>): Report {
  return { ...clean, facts: { ...clean.facts, ...facts } };
}

describe("an inline comment", () => {
  const finding = aFinding({
    severity: "high",
    title: "Text becomes code",
    body: "Use a table of functions.",
  });

  test("says what, why, what to do instead, and which rule", () => {
    expect(renderComment(finding, "run(a);", marker)).toBe(
      [
        "**High: Text becomes code**",
        "Use a table of functions.",
        "```suggestion\nrun(a);\n```",
        "Rule `eval-call`",
        marker,
      ].join("\n\n"),
    );
  });

  test("of a reviewer without rules names the reviewer", () => {
    expect(renderComment({ ...finding, reviewer: "model", ruleId: null }, null, marker)).toContain(
      "\n\nmodel · security\n\n",
    );
  });

  test("stays below what the forge takes, however long its parts are", () => {
    const long = { ...finding, title: "[".repeat(70_000), body: "*".repeat(70_000) };
    const body = renderComment(long, "`".repeat(10_000), marker);
    expect(body.length).toBeLessThan(60_000);
    expect(body).toEndWith(marker);
  });
});

describe("the summary", () => {
  test("of a review without findings is four lines", () => {
    expect(renderSummary(clean, marker)).toBe(
      [
        "### Review of `0123456`",
        "**Nothing found.** 2 of 2 files reviewed. Nothing stands in the way of merging.",
        footer,
        marker,
      ].join("\n\n"),
    );
  });

  test("says what is new, what is still open, what was not read and what was said before", () => {
    const report: Report = {
      ...clean,
      findings: [
        said("critical", "inline", { path: "src/a.ts", line: 4, title: "A key is in the code" }),
        said("high", "repeated", { path: "src/b.ts", startLine: 2, line: 3, title: "Text becomes code" }),
        said("low", "summary", { path: "src/a.ts", line: 90, title: "Far away", body: "Explained here." }),
      ],
      coverage: { reviewed: 2, notReviewed: [{ path: "logo.png", reason: "binary" }] },
      earlier: [
        {
          headSha: "fedcba9876",
          postedAt: new Date("2026-01-02T03:04:05Z"),
          newFindings: 2,
          repeatedFindings: 1,
          reviewedFiles: 2,
          files: 2,
        },
      ],
    };
    expect(renderSummary(report, marker)).toBe(`### Review of \`0123456\`

**3 findings (1 critical, 1 high, 1 low), 1 of them known from an earlier push.** 2 of 3 files reviewed. Fix what is critical before merging.

| Severity | New | Still open |
| --- | ---: | ---: |
| Critical | 1 | 0 |
| High | 0 | 1 |
| Low | 1 | 0 |

- \`src/a.ts\`
  - Critical, line 4: A key is in the code
  - Low, line 90: Far away
- \`src/b.ts\`
  - High, lines 2–3: Text becomes code _(still open)_

<details>
<summary>1 finding without a comment in the diff</summary>

**Low: Far away** · \`src/a.ts\`, line 90

Explained here.

</details>

<details>
<summary>1 file not reviewed</summary>

- \`logo.png\`: binary

</details>

<details>
<summary>Earlier review</summary>

- \`fedcba9\`, 2026-01-02 03:04 UTC: 2 new, 1 still open, 2 of 2 files reviewed

</details>

${footer}

${marker}`);
  });

  test.each([
    [["medium"], "**1 medium finding.** 2 of 2 files reviewed. Nothing here has to hold up merging."],
    [["high", "high"], "**2 high findings.** 2 of 2 files reviewed. Look at what is high before merging."],
  ] as const)("recommends by the worst: %p", (found, line) => {
    const findings = found.map((severity) => said(severity, "inline"));
    expect(renderSummary({ ...clean, findings }, marker)).toContain(line);
  });

  test("without findings does not call a review clean that left files out", () => {
    const coverage = { reviewed: 1, notReviewed: [{ path: "a.ts", reason: "timed_out" as const }] };
    expect(renderSummary({ ...clean, coverage }, marker)).toContain(
      "**Nothing found.** 1 of 2 files reviewed. Not everything was reviewed: see below.",
    );
  });

  test("says so when there was nothing to review", () => {
    const coverage = { reviewed: 0, notReviewed: [{ path: "a.ts", reason: "deleted" as const }] };
    expect(renderSummary({ ...clean, coverage }, marker)).toContain("**Nothing to review:**");
  });

  test("tells of what was held back, what is resolved, what was read, and who followed what", () => {
    const report: Report = {
      ...clean,
      withheld: { below_threshold: 3, unchanged_lines: 2, dismissed: 1, suppressed: 4 },
      coverage: {
        reviewed: 3,
        notReviewed: [
          { path: "big.ts", reason: "over_budget", lines: 12, reviewers: ["model"] },
          { path: "yarn.lock", reason: "lock_file" },
        ],
      },
      facts: {
        ...clean.facts,
        reviewers: ["rules", "model"],
        guidanceUsed: true,
        reviewedPaths: ["src/a.ts", "src/b.ts"],
        configurationPath: ".reviewd.yml",
        configurationProblems: [{ line: 3, message: "gate: one of off, low, not @eve" }],
        gone: [{ path: "src/b.ts", line: 7, severity: "high", title: "Text became code" }],
        suppressions: [
          { kind: "rule", subject: "javascript/eval" },
          { kind: "category", subject: "style" },
        ],
      },
      spent: {
        ...clean.spent,
        calls: 3,
        models: ["a/b"],
        inputTokens: 12_345,
        cachedInputTokens: 4_000,
        outputTokens: 67,
      },
    };
    expect(renderSummary(report, marker)).toBe(`### Review of \`0123456\`

**Nothing found.** 3 of 5 files reviewed. Not everything was reviewed: see below.

**\`.reviewd.yml\` is not valid**; the last valid configuration was used:

- line 3: gate: one of off, low, not \`@eve\`

Not said: 3 below the severity threshold, 2 on lines that were reviewed before, 1 that somebody dismissed, 4 of a kind that is suppressed here.

<details>
<summary>1 finding resolved since</summary>

- \`src/b.ts\`, line 7: Text became code (high)

</details>

<details>
<summary>2 files not wholly reviewed</summary>

- \`big.ts\`: 12 lines not read, more than the model takes (model)
- \`yarn.lock\`: a lock file

</details>

<details>
<summary>3 files reviewed</summary>

- \`src/a.ts\`
- \`src/b.ts\`
- and 1 file more

</details>

<sub>Reviewed by rules and \`a/b\`. 12,345 tokens in, 4,000 of them cached, 67 out. The base branch's \`REVIEW.md\` was followed. Suppressed here, as it was often disliked: rule \`javascript/eval\`, category \`style\`. A 👍 or 👎 on a comment tells whether it helped.</sub>

${marker}`);
  });

  test.each([
    [
      { reviewers: ["rules"], fallback: "unreachable" },
      { calls: 2, callsOfUnknownUsage: 2, models: ["a/b"] },
      "The model could not be reached: reviewed by rules alone.",
    ],
    [{ reviewers: ["model"] }, {}, "Reviewed by a language model."],
    [
      { reviewers: ["model"] },
      { calls: 2, callsOfUnknownUsage: 1, models: ["a/b"], inputTokens: 5, outputTokens: 1 },
      "Reviewed by `a/b`. At least 5 tokens in, 1 out.",
    ],
  ] as const)("names who reviewed: %o", (facts, spent, sentence) => {
    const report = { ...withFacts(facts), spent: { ...clean.spent, ...spent } };
    expect(renderSummary(report, marker)).toContain(`<sub>${sentence} A 👍`);
  });

  test("never grows beyond 24,000 characters, and says how much it left out", () => {
    const text = fc.oneof(fc.string({ maxLength: 300 }), fc.constant("[`*<@#".repeat(60)));
    const finding = fc
      .record({
        path: text,
        title: text,
        body: fc.oneof(text, fc.constant("a paragraph\n\n".repeat(500))),
        severity: fc.constantFrom(...severities),
        disposition: fc.constantFrom<Disposition>("inline", "summary", "repeated"),
      })
      .map(({ severity, disposition, ...values }) => said(severity, disposition, values));
    const unread = fc.record({ path: text, reason: fc.constant("too_large" as const) });
    fc.assert(
      fc.property(
        fc.array(finding, { maxLength: 300 }),
        fc.array(unread, { maxLength: 300 }),
        (findings, notReviewed) => {
          const facts = {
            ...clean.facts,
            gone: findings,
            reviewedPaths: findings.map(({ path }) => path),
            configurationPath: ".reviewd.yml",
            configurationProblems: findings.map(({ line, title }) => ({ line, message: title })),
          };
          const coverage = { reviewed: findings.length, notReviewed };
          const report = { ...clean, findings, coverage, facts };
          const summary = renderSummary(report, "m".repeat(250));
          expect(summary.length).toBeLessThanOrEqual(24_000);
          expect(summary.match(/^<details>$/gm)?.length ?? 0).toBe(
            summary.match(/^<\/details>$/gm)?.length ?? 0,
          );
        },
      ),
      { numRuns: 20 },
    );
    const many = Array.from({ length: 500 }, (_, i) => said("low", "summary", { path: `src/${i}.ts` }));
    const summary = renderSummary({ ...clean, findings: many }, marker);
    expect(summary).toMatch(/- and \d+ lines more, kept with the task/);
    expect(summary).toMatch(/\d+ findings more are kept with the task\./);
  });

  test("is not broken by a file's name", () => {
    const path = "a\n</details>\n# x <img src=y> @eve `|` #1.ts";
    const summary = renderSummary({ ...clean, findings: [said("low", "inline", { path })] }, marker);
    expect(summary).toContain("- ``a </details> # x <img src=y> @eve `|` #1.ts``\n");
  });
});

describe("the review's own text", () => {
  test("says where the rest is", () => {
    expect(renderReview(1, marker)).toBe(
      `1 comment on the changed lines; the summary is in the conversation.\n\n${marker}`,
    );
  });
});

describe("a check", () => {
  const { coverage } = clean;

  test("while the review is on has no conclusion", () => {
    expect(runningCheck(clean.headSha)).toMatchObject({ status: "in_progress", conclusion: null });
  });

  test.each([
    ["nothing found, everything read", [], coverage, "success"],
    [
      "nothing found, deleted files aside",
      [],
      { reviewed: 1, notReviewed: [{ path: "a", reason: "deleted" }] },
      "success",
    ],
    [
      "nothing found, a file not read",
      [],
      { reviewed: 1, notReviewed: [{ path: "a", reason: "binary" }] },
      "neutral",
    ],
    [
      "nothing that could be read",
      [],
      { reviewed: 0, notReviewed: [{ path: "a", reason: "deleted" }] },
      "neutral",
    ],
    ["a low finding", [said("low", "inline")], coverage, "neutral"],
    ["a critical finding", [said("critical", "inline")], coverage, "neutral"],
    ["only known findings", [said("low", "repeated")], coverage, "neutral"],
  ] as const)("after a review, with %s", (_, findings, covered, conclusion) => {
    expect(completedCheck({ ...clean, findings, coverage: covered })).toMatchObject({
      status: "completed",
      conclusion,
    });
  });

  test.each([
    ["off", "critical", "neutral"],
    ["critical", "critical", "failure"],
    ["critical", "high", "neutral"],
    ["medium", "high", "failure"],
    ["medium", "low", "neutral"],
  ] as const)("with a gate of %s and a finding that is %s is %s", (gate, severity, conclusion) => {
    const open = [said(severity, "repeated")];
    expect(completedCheck({ ...withFacts({ gate }), findings: open })).toMatchObject({ conclusion });
    expect(completedCheck({ ...withFacts({ gate }), findings: [] })).toMatchObject({ conclusion: "success" });
  });

  test("a gate that stays shut is not told to hold up nothing", () => {
    const open = [said("low", "inline")];
    const gated = { ...withFacts({ gate: "low" }), findings: open };
    expect(renderSummary(gated, marker)).toContain("Look at what is low before merging.");
    expect(renderSummary({ ...clean, findings: open }, marker)).toContain(
      "Nothing here has to hold up merging.",
    );
    const unguarded = withFacts({ gate: "low", fallback: "unusable" });
    expect(renderSummary(unguarded, marker)).toContain("Somebody has to review this before merging.");
  });

  test("a gate stays shut where the model gave no answer that could be used", () => {
    const check = completedCheck({ ...withFacts({ gate: "critical", fallback: "unusable" }), findings: [] });
    expect(check.conclusion).toBe("failure");
    expect(check.summary).toContain(
      "The check fails because the model has not reviewed this: somebody has to.",
    );
  });

  test.each([
    [{ fallback: "unreachable" }, "The model could not be reached: only rules have reviewed this."],
    [{ fallback: "unusable" }, "The model gave no answer that could be used: only rules have reviewed this."],
    [
      { fallback: "not_set_up" },
      "No language model is set up on this reviewd: only rules have reviewed this.",
    ],
    [
      { configurationPath: ".reviewd.yml", configurationProblems: [{ line: 1, message: "x" }] },
      "The configuration is not valid: 1 problem.",
    ],
    [
      { configurationProblems: [{ line: null, message: "x" }] },
      "Of the owner's settings, 1 value could not be followed.",
    ],
  ] as const)("that is not what was asked for is no success: %o", (facts, why) => {
    const check = completedCheck(withFacts(facts));
    expect(check.conclusion).toBe("neutral");
    expect(check.summary).toContain(why);
  });

  test("is a success though something in the configuration has no effect, which is told at its line", () => {
    const configurationWarnings = [
      { line: 3, message: 'there is no rule "a/b"' },
      { line: null, message: "the owner's own" },
    ];
    const report = withFacts({ configurationPath: ".reviewd.yml", configurationWarnings });
    const check = completedCheck(report);
    expect(check.conclusion).toBe("success");
    expect(check.summary).toContain("Of the configuration, 1 value had no effect.");
    expect(check.annotations).toMatchObject([
      { path: ".reviewd.yml", startLine: 3, line: 3, title: "No effect", message: 'there is no rule "a/b"' },
    ]);
    const summary = renderSummary(report, "");
    expect(summary).toContain(
      '**This in `.reviewd.yml`** has no effect:\n\n- line 3: there is no rule "a/b"',
    );
    expect(summary).not.toContain("the owner's own");
  });

  test("says at their lines what no comment says, and what is wrong with the configuration", () => {
    const report = withFacts({
      configurationPath: ".reviewd.yml",
      configurationProblems: [{ line: 3, message: "no such key" }],
    });
    const findings = [
      said("high", "inline", { line: 1 }),
      said("high", "summary", { startLine: 2, line: 4, title: "A  title\u202e", body: "Why." }),
      said("low", "summary", { line: 9, title: "Small", body: "" }),
      said("low", "repeated", { line: 10 }),
    ];
    expect(completedCheck({ ...report, findings }).annotations).toEqual([
      {
        path: ".reviewd.yml",
        startLine: 3,
        line: 3,
        level: "warning",
        title: "Not valid",
        message: "no such key",
      },
      {
        path: "src/a.ts",
        startLine: 2,
        line: 4,
        level: "warning",
        title: "High: A title[U+202E]",
        message: "Why.",
      },
      {
        path: "src/a.ts",
        startLine: 9,
        line: 9,
        level: "notice",
        title: "Low: Small",
        message: "Low: Small",
      },
    ]);
  });

  test("has room for 200 annotations, and says how many more there are", () => {
    const findings = Array.from({ length: 230 }, (_, i) => said("low", "summary", { line: i + 1 }));
    const check = completedCheck({ ...clean, findings });
    expect(check.annotations).toHaveLength(200);
    expect(check.summary).toContain("30 further findings without an annotation.");
  });

  test.each([
    [
      "failed",
      "attempts_exhausted",
      "neutral",
      "The review failed: every attempt failed; the task has the last error.",
    ],
    ["cancelled", "closed", "cancelled", "The review was cancelled: the pull request was closed."],
    ["superseded", "new_head", "skipped", "The review was superseded: there is a newer commit."],
    ["skipped", "draft", "skipped", "The review was skipped: the pull request is a draft."],
  ] as const)("of a task that ended as %s (%s) is %s and says why", (status, reason, conclusion, summary) => {
    expect(closedCheck(status, reason, false)).toMatchObject({ status: "completed", conclusion, summary });
  });

  test("says when something was posted before the end", () => {
    expect(closedCheck("failed", "internal_error", true).summary).toContain(
      "Comments that were posted before that stay.",
    );
  });
});
