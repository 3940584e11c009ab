import { expect, test } from "bun:test";
import { emptyTree } from "../../../src/adapters/git/repository.ts";
import { severities } from "../../../src/adapters/reviewer/reviewer.ts";
import { failOnValues } from "../../../src/roles/review/arguments.ts";
import { baseCommit, countBySeverity } from "../../../src/roles/review/report.ts";
import { finding, range, sampleReport } from "./sample-report.ts";

test("findings come most severe first, then by path and line", async () => {
  const report = sampleReport({
    findings: [
      finding({ severity: "low", path: "a", line: 1 }),
      finding({ severity: "critical", path: "b", line: 9 }),
      finding({ severity: "critical", path: "b", line: 2 }),
      finding({ severity: "critical", path: "B", line: 5 }),
      finding({ severity: "medium", path: "a", line: 1 }),
    ],
  });
  expect(report.findings.map(({ severity, path, line }) => `${severity} ${path}:${line}`)).toEqual([
    "critical B:5",
    "critical b:2",
    "critical b:9",
    "medium a:1",
    "low a:1",
  ]);
  expect(countBySeverity(report.findings)).toEqual([
    ["critical", 3],
    ["medium", 1],
    ["low", 1],
  ]);
});

test("a report fails for findings from its severity on", async () => {
  const failing: Record<string, string[]> = {};
  for (const failOn of failOnValues) {
    failing[failOn] = [];
    for (const severity of severities) {
      const { failed } = sampleReport({ findings: [finding({ severity })] }, failOn);
      if (failed) failing[failOn]?.push(severity);
    }
  }
  expect(failing).toEqual({
    critical: ["critical"],
    high: ["critical", "high"],
    medium: ["critical", "high", "medium"],
    low: ["critical", "high", "medium", "low"],
    none: [],
  });
});

test("a root commit has no base commit", () => {
  expect(baseCommit(range)).toBe(range.base);
  expect(Object.values(emptyTree).map((base) => baseCommit({ ...range, base }))).toEqual([null, null]);
});
