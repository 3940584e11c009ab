import { describe, expect, test } from "bun:test";
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import type { Finding } from "../../../src/adapters/reviewer/reviewer.ts";
import type { NamedReview } from "../../../src/domain/review/coverage.ts";
import { decideFindings, type Material, type Memory } from "../../../src/domain/review/decide-findings.ts";
import { aFile, aFinding } from "./build.ts";
import { materialOf, remember } from "./edit-histories/play.ts";

const nothing: Memory = { origins: [], reviewedLines: null, suppressions: [], suppressedBefore: [] };

/** Read by the rules and the model alike, but for what is named. */
function reviewsOf(files: readonly FileDiff[], unread: readonly string[] = []): readonly NamedReview[] {
  const paths = files.map(({ path }) => path).filter((path) => !unread.includes(path));
  const notReviewed = unread.map((path) => ({ path, reason: "over_budget" as const }));
  const review = { findings: [], reviewedPaths: paths, notReviewed };
  return [
    { reviewer: "rules", review },
    { reviewer: "model", review },
  ];
}

function decide(
  found: readonly Finding[],
  files: readonly FileDiff[],
  memory: Memory = nothing,
  material: Partial<Material> = {},
) {
  return decideFindings(found, materialOf({ files, reviews: reviewsOf(files), memory, ...material }));
}

const file = aFile("src/a.ts", ["+const a = 1;", "+eval(input);", "+const b = 2;"]);
const finding = aFinding({ line: 2 });
const prose = aFinding({
  ...{ line: 2, reviewer: "model", ruleId: null },
  title: "User input is run as code",
});
const afterFirst = remember(nothing, decide([finding], [file]));

describe("a verdict is given on each finding as it was reported", () => {
  test("said inline, in the summary for want of room or of a line, merged, or too minor", () => {
    const elsewhere = aFinding({ path: "src/z.ts" });
    const late = aFinding({ line: 3, ruleId: "late" });
    const minor = aFinding({ line: 1, severity: "low", ruleId: "minor" });
    const asModel = { ...prose, title: "eval of user input" };
    const configuration = { severityThreshold: "medium" as const, commentBudget: 1 };
    const found = [late, asModel, finding, elsewhere, minor];
    const { verdicts, findings } = decide(found, [file], nothing, { configuration });
    const idOf = (ruleId: string) => findings.find((one) => one.ruleId === ruleId)?.id ?? "";
    expect(verdicts).toEqual([
      { kind: "summary", why: "budget", findingId: idOf("late") },
      { kind: "merged", into: 2, findingId: findings[0]?.id ?? "" },
      { kind: "inline", findingId: findings[0]?.id ?? "" },
      { kind: "summary", why: "outside_diff", findingId: expect.any(String) },
      { kind: "withheld", why: "below_threshold", findingId: idOf("minor") },
    ]);
    expect(findings[0]).toMatchObject({ ruleId: "eval-call", reportedBy: ["rules", "model"] });
  });

  test("the same each time, with ids in the order of the findings", () => {
    const found = [prose, finding, aFinding({ line: 3, severity: "critical" })];
    const once = decide(found, [file]);
    expect(decide(found, [file])).toEqual(once);
    expect(once.findings.map(({ id }) => id)).toEqual(["id 0", "id 1"]);
  });
});

describe("what is most severe, and what several agree on, comes first", () => {
  test("then rules before the model, then by place", () => {
    const agreed = { ...prose, title: "eval of user input" };
    const model = { ...prose, line: 1, startLine: 1, title: "Unclear name" };
    const rule = aFinding({ line: 3, ruleId: "other" });
    const critical = {
      ...model,
      line: 3,
      startLine: 3,
      severity: "critical" as const,
      title: "Never closed",
    };
    const { findings } = decide([model, rule, agreed, finding, critical], [file]);
    expect(findings.map(({ title, ruleId }) => ruleId ?? title)).toEqual([
      ...["Never closed", "eval-call", "other", "Unclear name"],
    ]);
  });
});

describe("what was said before", () => {
  test("is not said again, whoever reports it now and in whatever words", () => {
    const reworded = { ...prose, category: finding.category, severity: "critical" as const };
    const { findings } = decide([reworded], [file], afterFirst);
    expect(findings).toMatchObject([{ disposition: "repeated", originId: afterFirst.origins[0]?.originId }]);
  });

  test("is not said again when some of its lines changed", () => {
    const long = aFile("src/a.ts", ["+one();", "+two();", "+three();", "+four();"]);
    const wide = { ...prose, startLine: 1, line: 4 };
    const before = remember(nothing, decide([wide], [long]));
    const edited = aFile("src/a.ts", ["+one();", "+two();", "+three(3);", "+four();"]);
    expect(decide([wide], [edited], before).findings).toMatchObject([{ disposition: "repeated" }]);
  });

  test("is said again when it was gone and a change brings it back", () => {
    const fixed = aFile("src/a.ts", ["+const a = 1;", "+const b = 2;"]);
    const gone = decide([], [fixed], afterFirst);
    expect(gone.gone).toMatchObject([{ why: "lines_gone", origin: { line: 2 } }]);
    const back = decide([finding], [file], remember(afterFirst, gone));
    expect(back.findings).toMatchObject([{ disposition: "inline" }]);
    expect(back.findings[0]?.originId).toBe(back.findings[0]?.id ?? "");
  });

  test("by a rule is gone when the rule does not find it any more, although its lines are there", () => {
    const edited = aFile("src/a.ts", ["+const a = 1;", "+eval(input);", "+const b = 3;"]);
    expect(decide([], [edited], afterFirst).gone).toMatchObject([{ why: "no_longer_found" }]);
  });

  test("by a model stays open while nothing in the file changes, and is gone once something does", () => {
    const before = remember(nothing, decide([prose], [file]));
    const again = decide([], [file], before);
    expect(again.carried).toMatchObject([{ why: "unchanged" }]);
    expect(again.findings).toMatchObject([{ disposition: "repeated", title: prose.title, line: 2 }]);
    const guarded = aFile("src/a.ts", [
      "+const a = 1;",
      "+if (!safe) return;",
      "+eval(input);",
      "+const b = 2;",
    ]);
    expect(decide([], [guarded], before).gone).toMatchObject([{ why: "no_longer_found" }]);
  });

  test("by a model that overlooked it once is open again, and not said anew", () => {
    const before = remember(nothing, decide([prose], [file]));
    const edited = aFile("src/a.ts", ["+const a = 1;", "+eval(input);", "+const b = 3;"]);
    const gone = remember(before, decide([], [edited], before));
    expect(gone.origins).toMatchObject([{ state: "gone" }]);
    const [origin] = gone.origins;
    const seen = decide([prose], [edited], gone).findings;
    expect(seen).toMatchObject([{ disposition: "repeated", originId: origin?.originId }]);
  });

  test("in a file that was not read stays open where it stands now", () => {
    const moved = aFile("src/a.ts", ["+// new", "+const a = 1;", "+eval(input);", "+const b = 2;"]);
    const reviews = reviewsOf([moved], ["src/a.ts"]);
    const { carried, findings, gone } = decide([], [moved], afterFirst, { reviews });
    expect(carried).toMatchObject([{ why: "not_read", at: { path: "src/a.ts", startLine: 3, line: 3 } }]);
    expect(findings).toMatchObject([{ disposition: "repeated", line: 3 }]);
    expect(gone).toEqual([]);
  });

  test("in a file that was not read is the same when its lines are there again", () => {
    const without = aFile("src/a.ts", ["+const a = 1;", "+const b = 2;", "+const c = 3;"]);
    const unread = decide([], [without], afterFirst, { reviews: reviewsOf([without], ["src/a.ts"]) });
    expect(unread.carried).toMatchObject([{ why: "not_read", at: null }]);
    expect(decide([finding], [file], remember(afterFirst, unread)).findings).toMatchObject([
      { disposition: "repeated", originId: afterFirst.origins[0]?.originId },
    ]);
  });

  test("in a file that the pull request does not change any more is gone, read or not", () => {
    const other = aFile("src/b.ts", ["+b();"]);
    expect(decide([], [other], afterFirst, { reviews: [] }).gone).toMatchObject([{ why: "lines_gone" }]);
  });
});

describe("of two equal ones", () => {
  const twice = aFile("src/a.ts", [
    "+first();",
    "+eval(x);",
    "+second();",
    "+third();",
    "+eval(x);",
    "+last();",
  ]);
  const before = remember(nothing, decide([aFinding({ line: 2 }), aFinding({ line: 5 })], [twice]));

  test("the one that was fixed is gone, not the other", () => {
    const fixed = aFile("src/a.ts", ["+first();", "+second();", "+third();", "+eval(x);", "+last();"]);
    const { gone, findings } = decide([aFinding({ line: 4 })], [fixed], before);
    expect(gone.map(({ origin }) => origin.line)).toEqual([2]);
    expect(findings).toMatchObject([{ disposition: "repeated", line: 4 }]);
  });

  test("the one a model does not find is gone with its line, though the other's is there", () => {
    const inTwo = [file, { ...aFile("src/b.ts", ["+other();", "+eval(input);"]) }];
    const both = remember(nothing, decide([prose, { ...prose, path: "src/b.ts" }], inTwo));
    const { gone, carried } = decide([prose], [file], both);
    expect(gone.map(({ origin, why }) => [origin.path, why])).toEqual([["src/b.ts", "lines_gone"]]);
    expect(carried).toEqual([]);
  });

  test("the one in a file put beside equal files is new", () => {
    const findIn = (paths: readonly string[], memory: Memory) =>
      decide(
        paths.map((path) => aFinding({ path, line: 1 })),
        paths.map((path) => aFile(path, ["+eval(x);", "+last();"])),
        memory,
      );
    const said = remember(nothing, findIn(["a.ts", "c.ts", "d.ts"], nothing));
    const { findings } = findIn(["a.ts", "b.ts", "c.ts", "d.ts"], said);
    expect(findings.map(({ path, disposition }) => `${path}: ${disposition}`)).toEqual([
      ...["a.ts: repeated", "b.ts: inline", "c.ts: repeated", "d.ts: repeated"],
    ]);
  });

  test("a third one is said", () => {
    const third = aFile("src/b.ts", ["+other();", "+eval(x);"]);
    const found = [aFinding({ line: 2 }), aFinding({ line: 5 }), aFinding({ path: "src/b.ts", line: 2 })];
    const said = decide(found, [twice, third], before).findings.filter((one) => one.disposition === "inline");
    expect(said.map(({ path }) => path)).toEqual(["src/b.ts"]);
  });
});

describe("what a person dismissed", () => {
  const dismissed = {
    ...afterFirst,
    origins: afterFirst.origins.map((origin) => ({ ...origin, state: "dismissed" as const })),
  };

  test("is withheld wherever its lines go, and counts neither as gone nor as open", () => {
    const moved = { ...file, path: "src/moved.ts" };
    const decided = decide([{ ...finding, path: moved.path }], [moved], dismissed);
    expect(decided.findings).toMatchObject([{ disposition: "withheld", withheldReason: "dismissed" }]);
    expect(decided.findings[0]?.originId).toBe(dismissed.origins[0]?.originId ?? "");
    expect(decide([], [file], dismissed)).toMatchObject({ findings: [], gone: [], carried: [] });
  });

  test("is said when its lines changed", () => {
    const edited = aFile("src/a.ts", ["+const a = 1;", "+eval(input + more);", "+const b = 2;"]);
    expect(decide([finding], [edited], dismissed).findings).toMatchObject([{ disposition: "inline" }]);
  });
});

describe("what is suppressed", () => {
  const suppressing = (...suppressions: Memory["suppressions"]): Memory => ({ ...nothing, suppressions });
  const ofRule = suppressing({ kind: "rule", subject: "eval-call" });
  const ofCategory = suppressing({ kind: "category", subject: "security" });

  test("by its rule is withheld, and what merges into it", () => {
    const asModel = { ...prose, title: "eval of user input" };
    const decided = decide([finding, asModel, aFinding({ line: 3, ruleId: "other" })], [file], ofRule);
    expect(decided.findings.map(({ ruleId, withheldReason }) => [ruleId, withheldReason])).toEqual([
      ["eval-call", "suppressed"],
      ["other", null],
    ]);
    expect(decided.verdicts[0]).toMatchObject({ kind: "withheld", why: "suppressed" });
  });

  test("by its category is withheld where no named rule says it", () => {
    const { findings } = decide([{ ...prose, line: 3, startLine: 3 }, finding], [file], ofCategory);
    expect(findings.map(({ reviewer, withheldReason }) => [reviewer, withheldReason])).toEqual([
      ["rules", null],
      ["model", "suppressed"],
    ]);
  });

  test("takes no comment from what is said", () => {
    const configuration = { severityThreshold: "low" as const, commentBudget: 1 };
    const other = aFinding({ line: 3, ruleId: "other", severity: "low" });
    const { findings } = decide([finding, other], [file], ofRule, { configuration });
    expect(findings.map(({ disposition }) => disposition)).toEqual(["withheld", "inline"]);
  });

  test.each(["secrets/private-key", "text/bidi-control"])("is never %s", (ruleId) => {
    const { findings } = decide(
      [aFinding({ line: 2, ruleId })],
      [file],
      suppressing({ kind: "rule", subject: ruleId }, { kind: "category", subject: "security" }),
    );
    expect(findings).toMatchObject([{ disposition: "inline" }]);
  });

  test("was it said before, it stays open until it is mended", () => {
    const { findings } = decide([finding], [file], { ...afterFirst, suppressions: ofRule.suppressions });
    expect(findings).toMatchObject([{ disposition: "repeated" }]);
  });

  test("was never said: once nothing suppresses it, it is, though nothing changed since", () => {
    const first = remember(ofRule, decide([finding, prose], [file], ofRule));
    const second = decide([finding], [file], first);
    expect(second.findings).toMatchObject([{ disposition: "withheld", withheldReason: "suppressed" }]);
    const before = remember(first, second);
    expect(before.origins).toEqual([]);
    const other = aFinding({ line: 3, ruleId: "other" });
    const { findings } = decide([finding, other], [file], { ...before, suppressions: [] });
    expect(findings.map(({ ruleId, withheldReason }) => [ruleId, withheldReason])).toEqual([
      ["eval-call", null],
      ["other", "unchanged_lines"],
    ]);
  });
});

describe("after the first review", () => {
  const other = aFinding({ line: 1, ruleId: "other" });

  test("what is found on lines that were read is withheld", () => {
    const { findings } = decide([other], [file], afterFirst);
    expect(findings.find(({ ruleId }) => ruleId === "other")).toMatchObject({
      ...{ disposition: "withheld", withheldReason: "unchanged_lines" },
    });
  });

  test("it is said where everything was asked for", () => {
    const { findings } = decide([other, finding], [file], afterFirst, { scope: "full" });
    expect(findings.map(({ disposition }) => disposition)).toEqual(["inline", "repeated"]);
  });

  test("it is said when one of its lines is new", () => {
    const edited = aFile("src/a.ts", ["+const a = 1;", "+eval(input);", "+const b = 2;", "+const c = 3;"]);
    const wide = { ...other, startLine: 3, line: 4 };
    const { findings } = decide([wide, finding], [edited], afterFirst);
    expect(findings.map(({ disposition }) => disposition)).toEqual(["repeated", "inline"]);
  });

  test("it is said by a reviewer that reads the lines for the first time", () => {
    const [byRules] = reviewsOf([file]);
    const onlyRules = decide([finding], [file], nothing, { reviews: byRules ? [byRules] : [] });
    const model = { ...prose, line: 1, startLine: 1, title: "Nobody needs this" };
    const { findings } = decide([model, other, finding], [file], remember(nothing, onlyRules));
    const verdictOf = (reviewer: string) =>
      findings.filter((one) => one.reviewer === reviewer).map((one) => one.disposition);
    expect({ model: verdictOf("model"), rules: verdictOf("rules") }).toEqual({
      model: ["inline"],
      rules: expect.arrayContaining(["withheld", "repeated"]),
    });
  });

  test("what was read once stays known when a later review does not get to it", () => {
    const skipped = decide([], [file], afterFirst, { reviews: reviewsOf([file], ["src/a.ts"]) });
    const { findings } = decide([other, finding], [file], remember(afterFirst, skipped));
    expect(findings.map(({ disposition }) => disposition).sort()).toEqual(["repeated", "withheld"]);
  });

  test("a line put between others is new, although an equal one was read", () => {
    const copied = aFile("src/a.ts", [
      ...["+const a = 1;", "+eval(input);", "+const b = 2;"],
      "+x();",
      "+const a = 1;",
    ]);
    const { findings } = decide([{ ...other, line: 5, startLine: 5 }, finding], [copied], afterFirst);
    expect(findings.map(({ disposition }) => disposition)).toEqual(["repeated", "inline"]);
  });
});

test("of equal lines more than were read, those between other neighbours are all new", () => {
  const apart = aFile("src/a.ts", [
    "+zero();",
    "+const a = 1;",
    "+one();",
    "+two();",
    "+const a = 1;",
    "+three();",
  ]);
  const { findings } = decide(
    [2, 5].map((line) => aFinding({ line, ruleId: "other" })),
    [apart],
    afterFirst,
  );
  expect(findings.map(({ disposition }) => disposition)).toEqual(["inline", "inline"]);
});

test("a line whose short hash was prepared to equal another's is new: the salt differs by pull request", () => {
  const salted = (byte: number) =>
    decide([], [file], nothing, { salt: new Uint8Array(16).fill(byte) }).reviewedLines;
  expect(salted(1).slice(16)).not.toEqual(salted(2).slice(16));
});

test("twenty thousand equal findings are decided in linear time", () => {
  const lines = Array.from({ length: 20_000 }, () => "+eval(x);");
  const huge = aFile("src/a.ts", lines);
  const found = lines.map((_, at) => aFinding({ line: at + 1 }));
  const before = remember(nothing, decide(found, [huge]));
  const { findings } = decide(found, [huge], before);
  expect(findings.every(({ disposition }) => disposition === "repeated")).toBe(true);
});
