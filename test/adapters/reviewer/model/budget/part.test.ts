import { expect, test } from "bun:test";
import { type Part, splitPart } from "../../../../../src/adapters/reviewer/model/budget/part.ts";
import { addedFile } from "../sample-brief.ts";

function partOf(sizes: readonly number[]): Part {
  const files = sizes.map((size, index) => {
    const lines = Array.from({ length: size }, (_, i) => `line ${i}`);
    const file = addedFile(`src/${index}.ts`, lines);
    const rows = lines.map((text, i) => ({ kind: "added" as const, newLine: i + 1, text, isShown: true }));
    return { file, sections: [{ rows }] };
  });
  return { files };
}

function shape(part: Part | undefined): readonly string[] {
  return (part?.files ?? []).map(({ file, sections }) => {
    const rows = sections.flatMap((section) => section.rows);
    return `${file.path} ${rows[0]?.newLine}-${rows.at(-1)?.newLine}`;
  });
}

test("several files are divided by their size", () => {
  const halves = splitPart(partOf([5, 4, 90, 3]));
  expect(halves?.map(shape)).toEqual([
    ["src/0.ts 1-5", "src/1.ts 1-4"],
    ["src/2.ts 1-90", "src/3.ts 1-3"],
  ]);
});

test("a single run of lines is divided in the middle, without a line missing", () => {
  expect(splitPart(partOf([7]))?.map(shape)).toEqual([["src/0.ts 1-3"], ["src/0.ts 4-7"]]);
});

test("one changed line cannot be divided", () => {
  expect(splitPart(partOf([1]))).toBeNull();
  expect(splitPart({ files: [] })).toBeNull();
});
