import { afterAll, describe, expect, test } from "bun:test";
import { addedLines, type FileDiff } from "../../../../src/adapters/git/diff.ts";
import type { Review } from "../../../../src/adapters/reviewer/reviewer.ts";
import { createRulesReviewer } from "../../../../src/adapters/reviewer/rules/rules-reviewer.ts";
import { crashingYaml, hangingScript, overflowingPython, swellingPython } from "./hostile-text.ts";
import { type Change, diffOf, reviewChanges } from "./review-text.ts";

const reviewer = createRulesReviewer();
afterAll(() => reviewer[Symbol.asyncDispose]());

const unsafeLoad = "import yaml\nx = yaml.load(text)\n";
const secretLine = `KEY = "${["AKIA", "Q3EGRLTX5OPN7VKZ"].join("")}"`;

function found({ findings }: Review): string[] {
  return findings.map(({ path, startLine, line, ruleId }) => `${path}:${startLine}-${line} ${ruleId}`);
}

async function reviewOne(change: Change): Promise<string[]> {
  const review = await reviewChanges(reviewer, [change]);
  const added = addedLines(diffOf(change));
  for (const { startLine, line } of review.findings)
    for (let each = startLine; each <= line; each++) expect(added.has(each)).toBe(true);
  return found(review);
}

describe("findings", () => {
  test("are only on added lines", async () => {
    const base = "import yaml\nold = yaml.load(a)\n";
    expect(await reviewOne({ path: "a.py", base, head: `${base}new = yaml.load(b)\n` })).toEqual([
      "a.py:3-3 python/unsafe-yaml-load",
    ]);
    expect(await reviewOne({ path: "a.py", base, head: `# old\n${base}` })).toEqual([]);
  });

  test("of something on several lines shrink to those that were added, without a suggestion", async () => {
    const call = (middle: string) =>
      `cursor.execute(\n    f"SELECT * FROM a "\n${middle}    f"WHERE b = {b}"\n)\n`;
    const change = { path: "a.py", base: call(""), head: call('    f"JOIN c USING (d) "\n') };
    expect(await reviewOne(change)).toEqual(["a.py:3-3 python/sql-from-values"]);

    const load = (middle: string) => `x = yaml.load(\n${middle})\n`;
    const partly = { path: "a.py", base: load("    old,\n"), head: load("    text,\n") };
    const review = await reviewChanges(reviewer, [partly]);
    expect(review.findings).toMatchObject([{ startLine: 2, line: 2, suggestion: null }]);
  });

  test("come in the same order each time, by path and line", async () => {
    const changes = ["b.py", "a.py", "é.py", "B.py"].map((path) => ({
      path,
      head: `${secretLine}\n${unsafeLoad}`,
    }));
    const first = await reviewChanges(reviewer, changes);
    expect(found(first)).toEqual(
      ["B.py", "a.py", "b.py", "é.py"].flatMap((path) => [
        `${path}:1-1 secrets/aws-access-key`,
        `${path}:3-3 python/unsafe-yaml-load`,
      ]),
    );
    expect(await reviewChanges(reviewer, changes)).toEqual(first);
    expect(found(await reviewChanges(reviewer, changes.toReversed()))).toEqual(found(first));
  });

  test("never quote the secret they are about", async () => {
    const review = await reviewChanges(reviewer, [{ path: "a.py", head: `${secretLine}\n` }]);
    expect(review.findings.length).toBe(1);
    expect(JSON.stringify(review)).not.toContain("Q3EGRLTX");
  });

  test("of merge conflicts are one for each, whatever is left of it", async () => {
    const conflict = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> cart\n";
    const head = `${conflict}between\n${conflict}>>>>>>> left over\n`;
    expect(await reviewOne({ path: "a.txt", head })).toEqual([
      "a.txt:1-1 text/conflict-marker",
      "a.txt:7-7 text/conflict-marker",
      "a.txt:12-12 text/conflict-marker",
    ]);

    const file = diffOf({ path: "a.txt", head: conflict });
    const hunks = file.hunks.map((hunk) => ({
      ...hunk,
      lines: hunk.lines.map((line) =>
        line.text === "ours" ? { kind: "context" as const, oldLine: 1, newLine: 2, text: "ours" } : line,
      ),
    }));
    const files = [{ ...file, hunks }];
    const { signal } = new AbortController();
    const readFile = () => Promise.reject(new Error("read"));
    expect(found(await reviewer.review({ files, readFile, signal }))).toEqual([
      "a.txt:1-1 text/conflict-marker",
    ]);
  });

  test("of one rule past the tenth in a file are counted, not listed", async () => {
    const { findings } = await reviewChanges(reviewer, [
      { path: "a.py", head: "x = yaml.load(text)\n".repeat(25) },
    ]);
    expect(findings.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(findings.at(-1)?.body).toEndWith("The same was found 15 times more further down in this file.");
    expect(findings.at(0)?.body).not.toContain("further down");
  });
});

describe("files", () => {
  test("that another wrote or built get no comments on their structure, but on their secrets", async () => {
    const head = `// @generated\n// prettier-ignore\n${secretLine};\neval(code);\n`;
    const paths = ["vendor/a.js", "node_modules/a/b.js", "dist/a.js", "a.min.js"];
    const review = await reviewChanges(
      reviewer,
      paths.map((path) => ({ path, head })),
    );
    expect(review.findings.map(({ ruleId }) => ruleId)).toEqual(paths.map(() => "secrets/aws-access-key"));
    expect(review.reviewedPaths).toEqual(paths);
    expect(await reviewOne({ path: "src/a.js", head })).toEqual([
      "src/a.js:3-3 secrets/aws-access-key",
      "src/a.js:4-4 javascript/eval",
    ]);
  });

  test("that have nothing to read say why", async () => {
    const file = (path: string, rest: Partial<FileDiff>): FileDiff => ({
      ...diffOf({ path, head: "a\n" }),
      hunks: [],
      ...rest,
    });
    const files = [
      file("gone.py", { change: "deleted" }),
      file("image.png", { binary: true }),
      file("link", { omitted: "symlink" }),
      file("lib", { omitted: "submodule" }),
      file("huge.json", { omitted: "too_large" }),
      file("moved.py", { change: "renamed", oldPath: "old.py" }),
    ];
    const signal = new AbortController().signal;
    const review = await reviewer.review({
      files,
      readFile: () => Promise.reject(new Error("read")),
      signal,
    });
    expect(review).toEqual({
      findings: [],
      reviewedPaths: [],
      notReviewed: [
        { path: "gone.py", reason: "deleted" },
        { path: "image.png", reason: "binary" },
        { path: "link", reason: "symlink" },
        { path: "lib", reason: "submodule" },
        { path: "huge.json", reason: "too_large" },
        { path: "moved.py", reason: "no_changed_lines" },
      ],
    });
  });

  test("that cannot be found at the head are not taken for reviewed, and their added lines are read", async () => {
    const file = diffOf({ path: "caf\uFFFD.py", head: `${secretLine}\n` });
    const { signal } = new AbortController();
    const review = await reviewer.review({ files: [file], readFile: async () => null, signal });
    expect(found(review)).toEqual(["caf\uFFFD.py:1-1 secrets/aws-access-key"]);
    expect(review.notReviewed).toEqual([{ path: "caf\uFFFD.py", reason: "parser_failed" }]);
  });

  test("too large to parse are said to be, and their added lines are read all the same", async () => {
    const line = `${secretLine};${"a();".repeat(1_300_000)}`;
    const review = await reviewChanges(reviewer, [{ path: "one-line.js", head: line }]);
    expect(found(review)).toEqual(["one-line.js:1-1 secrets/aws-access-key"]);
    expect(review.notReviewed).toEqual([{ path: "one-line.js", reason: "too_large" }]);
  });

  test.each([
    ["empty", ""],
    ["one line break", "\n"],
    ["no line break at the end", "x = 1"],
    ["only a byte order mark", "\uFEFF"],
    ["NUL", "a = '\0'\n"],
    ["invalid UTF-8", new Uint8Array([0x61, 0x20, 0x3d, 0x20, 0xff, 0xfe, 0xc3, 0x0a])],
    ["lone surrogates", new Uint8Array([0xed, 0xa0, 0x80, 0x0a])],
    ["old line ends", "a = 1\rb = 2\r"],
  ])("of odd content cost nothing: %s", async (_, head) => {
    for (const path of [
      "a.py",
      "a.ts",
      "Dockerfile",
      "a.go",
      "A.java",
      "migrations/a.sql",
      ".github/workflows/a.yml",
    ]) {
      const review = await reviewChanges(reviewer, [{ path, head }]);
      expect(review.notReviewed.filter(({ reason }) => reason !== "no_changed_lines")).toEqual([]);
    }
  });

  test("with 30,000 added lines are reviewed", async () => {
    const head = `${"a = 1\n".repeat(29_998)}${unsafeLoad}`;
    expect(await reviewOne({ path: "a.py", head })).toEqual(["a.py:30000-30000 python/unsafe-yaml-load"]);
  });
});

describe("configuration", () => {
  const head = `${unsafeLoad}${secretLine}\na = "b\u2060c"\n<<<<<<< HEAD\n`;
  const input = (path: string) => ({
    files: [diffOf({ path, head })],
    readFile: async () => new TextEncoder().encode(head),
    signal: new AbortController().signal,
  });

  test("that leaves a file out silences all but secrets and hidden characters, and it counts as not reviewed", async () => {
    const isExcluded = (path: string) => path.startsWith("generated/");
    const review = await reviewer.review({ ...input("generated/a.py"), isExcluded });
    expect(found(review)).toEqual([
      "generated/a.py:3-3 secrets/aws-access-key",
      "generated/a.py:4-4 text/invisible-character",
    ]);
    expect(review.notReviewed).toEqual([{ path: "generated/a.py", reason: "excluded" }]);
    expect(review.reviewedPaths).toEqual([]);
    expect((await reviewer.review({ ...input("src/a.py"), isExcluded })).reviewedPaths).toEqual(["src/a.py"]);
  });

  test("can disable rules, but not those about secrets and hidden characters", async () => {
    const all = await reviewer.review({ ...input("a.py"), disabledRules: new Set() });
    const disabledRules = new Set(all.findings.map(({ ruleId }) => ruleId ?? ""));
    expect(disabledRules.size).toBeGreaterThan(3);
    const review = await reviewer.review({ ...input("a.py"), disabledRules });
    expect(found(review)).toEqual(["a.py:3-3 secrets/aws-access-key", "a.py:4-4 text/invisible-character"]);
    expect(review.reviewedPaths).toEqual(["a.py"]);
  });
});

describe("lines and columns", () => {
  test("with carriage returns are right, and get no suggestion", async () => {
    const review = await reviewChanges(reviewer, [
      { path: "a.py", head: unsafeLoad.replaceAll("\n", "\r\n") },
    ]);
    expect(review.findings).toMatchObject([{ line: 2, suggestion: null }]);
  });

  test("after a byte order mark, tabs and characters of several units are right", async () => {
    const head = "\uFEFFimport yaml\nif a:\n\té = '👩‍👩‍👧 ä'; x = yaml.load(text) # 👍\n";
    const review = await reviewChanges(reviewer, [{ path: "a.py", head }]);
    expect(review.findings).toMatchObject([{ line: 3, ruleId: "python/unsafe-yaml-load", suggestion: null }]);
    const plain = await reviewChanges(reviewer, [{ path: "a.py", head: head.replace("👩‍👩‍👧", "👩") }]);
    expect(plain.findings).toMatchObject([{ suggestion: "\té = '👩 ä'; x = yaml.safe_load(text) # 👍" }]);
  });

  test("without a line break at the end are right", async () => {
    const review = await reviewChanges(reviewer, [{ path: "a.py", head: unsafeLoad.trimEnd() }]);
    expect(review.findings).toMatchObject([{ line: 2, suggestion: "x = yaml.safe_load(text)" }]);
  });
});

describe("syntax errors", () => {
  test("are found where the file parsed before", async () => {
    const base = "def a():\n    return 1\n";
    expect(await reviewOne({ path: "a.py", base, head: "def a():\n    return (1\n" })).toEqual([
      "a.py:2-2 syntax/does-not-parse",
    ]);
  });

  test("are not blamed on a change to a file that did not parse before", async () => {
    const base = "def a():\n    return (1\n";
    expect(await reviewOne({ path: "a.py", base, head: `# why\n${base}` })).toEqual([]);
  });

  test("are not told of a text that is not the one the diff was made for", async () => {
    const file = diffOf({ path: "a.py", base: "a = 1\n", head: "a = (\n" });
    const readFile = async () => new TextEncoder().encode("something\nelse (\n");
    const signal = new AbortController().signal;
    expect(found(await reviewer.review({ files: [file], readFile, signal }))).toEqual([]);
  });
});

describe("hostile files", () => {
  const good = { path: "z.py", head: unsafeLoad };
  const expectOnlyLost = (review: Review, path: string, reason: string) => {
    expect(review.notReviewed).toEqual([{ path, reason: reason as "parser_failed" }]);
    expect(found(review)).toEqual(["z.py:2-2 python/unsafe-yaml-load"]);
  };

  test("that crash the parser cost themselves alone", async () => {
    const path = ".github/workflows/deep.yml";
    expectOnlyLost(
      await reviewChanges(reviewer, [{ path, head: crashingYaml }, good]),
      path,
      "parser_failed",
    );
  });

  test("that make a rule throw cost themselves alone", async () => {
    const limits = { maxParsedBytes: 2 ** 20 };
    await using roomy = createRulesReviewer(limits);
    const review = await reviewChanges(roomy, [{ path: "a.py", head: overflowingPython }, good]);
    expectOnlyLost(review, "a.py", "parser_failed");
  });

  test("that hang the parser cost themselves alone", async () => {
    await using hasty = createRulesReviewer({ fileMs: 500 });
    const review = await reviewChanges(hasty, [{ path: "a.js", head: hangingScript }, good]);
    expectOnlyLost(review, "a.js", "timed_out");
  });

  test("that fill the memory cost themselves alone", async () => {
    await using tight = createRulesReviewer({ memoryBytes: 200 * 1_024 ** 2 });
    const review = await reviewChanges(tight, [{ path: "a.py", head: swellingPython }, good]);
    expectOnlyLost(review, "a.py", "parser_failed");
  });

  test("hide no secret by losing the parser", async () => {
    const head = `${crashingYaml}\n# ${secretLine}\n`;
    const review = await reviewChanges(reviewer, [{ path: ".github/workflows/deep.yml", head }]);
    expect(review.findings.map(({ ruleId, line }) => [ruleId, line])).toEqual([
      ["secrets/aws-access-key", 401],
    ]);
  });

  test("take no more than so much time in all, and hide no secret by taking it", async () => {
    await using hasty = createRulesReviewer({ fileMs: 300, maxTimeouts: 2 });
    const hostile = ["a.js", "b.js"].map((path) => ({ path, head: hangingScript }));
    const after = { path: "c.py", head: `${unsafeLoad}${secretLine}\n` };
    const review = await reviewChanges(hasty, [...hostile, after]);
    expect(found(review)).toEqual(["c.py:3-3 secrets/aws-access-key"]);
    expect(review.notReviewed.map(({ reason }) => reason)).toEqual(["timed_out", "timed_out", "timed_out"]);
  });

  test("do not keep another review waiting", async () => {
    await using patient = createRulesReviewer({ fileMs: 60_000 });
    const controller = new AbortController();
    const hostile = reviewChanges(patient, [{ path: "a.js", head: hangingScript }], controller.signal);
    let hostileIsDone = false;
    const done = () => {
      hostileIsDone = true;
    };
    void hostile.then(done, done);
    expect(found(await reviewChanges(patient, [good]))).toEqual(["z.py:2-2 python/unsafe-yaml-load"]);
    expect(hostileIsDone).toBe(false);
    const reason = new Error("superseded");
    controller.abort(reason);
    await expect(hostile).rejects.toBe(reason);
  });

  test("end with the review's signal", async () => {
    const controller = new AbortController();
    const running = reviewChanges(reviewer, [{ path: "a.js", head: hangingScript }], controller.signal);
    const reason = new Error("superseded");
    setTimeout(() => controller.abort(reason), 100);
    await expect(running).rejects.toBe(reason);
  });

  test.each([
    ["tags", "\u{E0041}"],
    ["flags", "\u{1F3F4}\u{E0067}"],
    ["word characters", "a"],
    ["dashes", "-"],
    ["dots", "."],
    ["assignments", "password="],
    ["addresses", "postgres://a:"],
    ["openings", "sk-"],
  ])("of one endless line of %s are read in time", async (_, unit) => {
    await using hasty = createRulesReviewer({ fileMs: 5_000 });
    const head = `${unit.repeat(Math.floor(2_000_000 / unit.length))}\n`;
    expect((await reviewChanges(hasty, [{ path: "a.txt", head }])).notReviewed).toEqual([]);
  });
});
