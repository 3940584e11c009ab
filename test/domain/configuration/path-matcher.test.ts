import { expect, test } from "bun:test";
import fc from "fast-check";
import { createExclusion, createPathMatcher } from "../../../src/domain/configuration/path-matcher.ts";

const cases: readonly [patterns: readonly string[], matches: readonly string[], misses: readonly string[]][] =
  [
    [[], ["a", "src/a.ts", ".github/x.yml"], []],
    [["docs/"], ["docs/a.md", "docs/b/c.md", "packages/one/docs/a.md"], ["docs", "src/docs", "mydocs/a"]],
    [["/docs/"], ["docs/a.md"], ["packages/one/docs/a.md"]],
    [["docs"], ["docs", "docs/a/b", "src/docs"], ["docs.md"]],
    [["*.sql"], ["a.sql", "db/a.sql", ".hidden/.a.sql"], ["a.sql.ts"]],
    [["src/*.ts"], ["src/a.ts"], ["src/b/a.ts", "packages/src/a.ts"]],
    [["src/**/*.ts"], ["src/a.ts", "src/b/c/a.ts"], ["lib/a.ts"]],
    [["./src"], ["src/a.ts"], ["lib/src"]],
    [
      ["*.{ts,tsx}", "!*.d.ts"],
      ["a.ts", "src/a.tsx"],
      ["a.d.ts", "a.js"],
    ],
    [
      ["src/", "!src/generated/", "src/generated/keep.ts"],
      ["src/a", "src/generated/keep.ts"],
      ["src/generated/a", "b"],
    ],
    [["!docs/"], ["src/a"], ["docs/a"]],
    [["!!odd"], ["src"], ["!odd"]],
    [["\\!odd"], ["!odd", "a/!odd"], ["odd"]],
    [["a\\*b"], ["a*b"], ["axb"]],
    [["Makefile"], ["Makefile"], ["makefile"]],
    [["[a-c].txt"], ["b.txt"], ["d.txt"]],
    [["文*"], ["文書/a", "x/文"], ["書"]],
  ];

test.each(cases)("%j", (patterns, matches, misses) => {
  const isMatch = createPathMatcher(patterns);
  expect(matches.filter((path) => !isMatch(path))).toEqual([]);
  expect(misses.filter(isMatch)).toEqual([]);
});

test("include leaves out what it does not match, exclude what it matches, and neither leaves out nothing", () => {
  const isExcluded = createExclusion({ include: ["src/"], exclude: ["*.test.ts", "!src/keep.test.ts"] });
  expect(["src/a.ts", "src/keep.test.ts"].filter(isExcluded)).toEqual([]);
  expect(["src/a.test.ts", "README.md"].filter((path) => !isExcluded(path))).toEqual([]);
  expect(createExclusion({ include: [], exclude: [] })("a")).toBe(false);
});

test("no pattern breaks the matcher, and a negation after a pattern takes back exactly what it matched", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (pattern, path) => {
      fc.pre(!pattern.startsWith("!"));
      expect(createPathMatcher([pattern, `!${pattern}`])(path)).toBe(false);
    }),
  );
});
