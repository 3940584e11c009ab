import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import { type Finding, severities } from "../../../src/adapters/reviewer/reviewer.ts";
import { fingerprint } from "../../../src/domain/review/fingerprint.ts";
import { maxInlineComments, placeFindings } from "../../../src/domain/review/place-findings.ts";
import { aFile, aFinding, aHunk } from "./build.ts";

const nothingSaid = new Map<string, number>();
const file: FileDiff = {
  ...aFile("src/a.ts", []),
  hunks: [aHunk([" a", "+b", "-c", "+d"], 10), aHunk([" x", "+y"], 50)],
};

function dispositions(findings: readonly Finding[], files: readonly FileDiff[] = [file]) {
  return placeFindings(findings, files, nothingSaid).map(({ disposition }) => disposition);
}

describe("a finding on lines of one hunk", () => {
  test.each([
    ["an added line", 11, 11],
    ["a context line", 10, 10],
    ["the hunk's last line", 12, 12],
    ["several lines", 10, 12],
  ])("is said inline: %s", (_, startLine, line) => {
    expect(dispositions([aFinding({ startLine, line })])).toEqual(["inline"]);
  });
});

describe("a finding that the forge would refuse inline goes to the summary", () => {
  test.each([
    ["before the hunk", 9, 9],
    ["after it", 13, 13],
    ["across two hunks", 12, 50],
    ["from before the hunk into it", 9, 11],
  ])("%s", (_, startLine, line) => {
    expect(dispositions([aFinding({ startLine, line })])).toEqual(["summary"]);
  });

  test("in a file whose name is not UTF-8", () => {
    const odd = aFile("src/\ufffd.ts", ["+a"]);
    expect(dispositions([aFinding({ path: odd.path })], [odd])).toEqual(["summary"]);
  });

  test("in a file outside the diff, a binary and a deleted one", () => {
    const binary = { ...aFile("logo.png", []), binary: true, hunks: [] };
    const deleted: FileDiff = { ...aFile("gone.ts", ["-a", "-b"], 1), change: "deleted" };
    const findings = ["other.ts", "logo.png", "gone.ts"].map((path) => aFinding({ path }));
    expect(dispositions(findings, [binary, deleted])).toEqual(["summary", "summary", "summary"]);
  });
});

describe("many findings", () => {
  const long = aFile(
    "src/a.ts",
    Array.from({ length: 40 }, (_, i) => `+line ${i}`),
  );
  const forty = Array.from({ length: 40 }, (_, i) =>
    aFinding({ line: i + 1, severity: i % 2 === 0 ? "low" : "critical" }),
  );

  test("are said inline up to the limit, most severe first, the rest in the summary", () => {
    const placed = placeFindings(forty, [long], nothingSaid);
    expect(placed.filter(({ disposition }) => disposition === "inline")).toHaveLength(maxInlineComments);
    expect(placed.slice(0, 20).every(({ severity }) => severity === "critical")).toBe(true);
    expect(placed.slice(0, 25).every(({ disposition }) => disposition === "inline")).toBe(true);
    expect(placed.slice(25).every(({ disposition }) => disposition === "summary")).toBe(true);
  });
});

describe("what was said on this pull request before", () => {
  const twice = aFile("src/a.ts", ["+eval(x);", "+// between", "+eval(x);"]);
  const findings = [aFinding({ line: 1 }), aFinding({ line: 3 })];
  const same = fingerprint(aFinding({ line: 1 }), twice);

  test("is not said again, wherever it moved", () => {
    const placed = placeFindings(findings, [twice], new Map([[same, 2]]));
    expect(placed.map(({ disposition }) => disposition)).toEqual(["repeated", "repeated"]);
  });

  test("does not silence a further occurrence", () => {
    const placed = placeFindings(findings, [twice], new Map([[same, 1]]));
    expect(placed.map(({ disposition }) => disposition)).toEqual(["repeated", "inline"]);
  });

  test("takes no inline place away from what is new", () => {
    const lines = Array.from({ length: 30 }, (_, i) => `+call(${i});`);
    const long = aFile("src/a.ts", lines);
    const all = lines.map((_, i) => aFinding({ line: i + 1 }));
    const said = new Map(all.slice(0, 10).map((finding) => [fingerprint(finding, long), 1]));
    const placed = placeFindings(all, [long], said);
    expect(placed.filter(({ disposition }) => disposition === "inline")).toHaveLength(20);
  });
});

/** Diffs as git makes them: hunks apart from each other, each line added, deleted or context. */
const diffs = fc
  .uniqueArray(fc.constantFrom("a.ts", "b/c.py", "weird name.go", "ü.sql"), { minLength: 1, maxLength: 3 })
  .chain((paths) =>
    fc.tuple(
      ...paths.map((path) =>
        fc
          .array(
            fc.tuple(
              fc.integer({ min: 1, max: 30 }),
              fc.array(fc.constantFrom("+x", "-y", " z"), { minLength: 1, maxLength: 12 }),
            ),
            { maxLength: 4 },
          )
          .map((gapsAndLines) => {
            let start = 0;
            const hunks = gapsAndLines.map(([gap, lines]) => {
              const hunk = aHunk(lines, start + gap);
              start = hunk.newStart + hunk.newLines;
              return hunk;
            });
            return { ...aFile(path, []), hunks };
          }),
      ),
    ),
  );
const findings = fc.array(
  fc
    .record({
      path: fc.constantFrom("a.ts", "b/c.py", "weird name.go", "ü.sql", "elsewhere.ts"),
      startLine: fc.integer({ min: 1, max: 90 }),
      extra: fc.integer({ min: 0, max: 6 }),
      severity: fc.constantFrom(...severities),
      ruleId: fc.constantFrom("one", "two"),
    })
    .map(({ extra, ...values }) => aFinding({ ...values, line: values.startLine + extra })),
  { maxLength: 60 },
);

test("whatever the diff: every finding comes back once, and every inline one obeys the forge's rule", () => {
  fc.assert(
    fc.property(diffs, findings, (files, found) => {
      const placed = placeFindings(found, files, nothingSaid);
      expect(placed).toHaveLength(found.length);
      const inline = placed.filter(({ disposition }) => disposition === "inline");
      expect(inline.length).toBeLessThanOrEqual(maxInlineComments);
      for (const { path, startLine, line } of inline) {
        const hunk = files
          .find((one) => one.path === path)
          ?.hunks.find(({ lines }) => lines.some((l) => l.kind !== "deleted" && l.newLine === line));
        const shown = new Set(hunk?.lines.flatMap((l) => (l.kind === "deleted" ? [] : [l.newLine])));
        for (let at = startLine; at <= line; at++) expect(shown.has(at)).toBe(true);
      }
    }),
  );
});
