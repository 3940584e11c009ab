import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Severity, severities } from "../../../src/adapters/reviewer/reviewer.ts";
import { closedCheck } from "../../../src/domain/review/closed-check.ts";
import type { Disposition } from "../../../src/domain/review/place-findings.ts";
import { completedCheck, runningCheck } from "../../../src/domain/review/render-check.ts";
import { renderComment } from "../../../src/domain/review/render-comment.ts";
import { renderReview } from "../../../src/domain/review/render-review.ts";
import { type Report, renderSummary } from "../../../src/domain/review/render-summary.ts";
import { aFinding } from "./build.ts";

const marker = "<!-- marker -->";
const footer =
  "<sub>Reviewed by rules, without a language model. A 👍 or 👎 on a comment tells whether it helped.</sub>";

function said(severity: Severity, disposition: Disposition, values: Parameters<typeof aFinding>[0] = {}) {
  return { ...aFinding({ severity, ...values }), disposition };
}

const clean: Report = {
  headSha: "0123456789abcdef",
  findings: [],
  coverage: { reviewed: 2, notReviewed: [] },
  earlier: [],
};

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
          const report = { ...clean, findings, coverage: { reviewed: 0, notReviewed } };
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
    expect(completedCheck({ findings, coverage: covered })).toMatchObject({
      status: "completed",
      conclusion,
    });
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
