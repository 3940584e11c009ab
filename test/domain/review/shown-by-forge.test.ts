import { expect, test } from "bun:test";
import { shownByForge } from "../../../src/domain/review/shown-by-forge.ts";
import { aFile } from "./build.ts";

function paths(files: Parameters<typeof shownByForge>[0]): readonly string[] {
  return shownByForge(files).map(({ path }) => path);
}

function longFile(path: string, lines: number) {
  return aFile(
    path,
    Array.from({ length: lines }, () => "+x"),
  );
}

test("a small pull request is shown whole", () => {
  expect(paths([longFile("a", 10), longFile("b", 10)])).toEqual(["a", "b"]);
});

test("the 301st file is not shown, nor what follows it", () => {
  const files = Array.from({ length: 302 }, (_, i) => longFile(`${i}`, 1));
  expect(shownByForge(files)).toHaveLength(300);
});

test("the file that passes 20,000 lines is not shown, nor what follows it", () => {
  expect(paths([longFile("a", 20_000)])).toEqual(["a"]);
  expect(paths([longFile("a", 15_000), longFile("b", 5_001), longFile("c", 1)])).toEqual(["a"]);
});
