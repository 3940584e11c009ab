import { expect, test } from "bun:test";
import { findNeighbours, nearestTelling, showFiles } from "../../../src/domain/review/shown-lines.ts";
import { aFile, aHunk } from "./build.ts";

test("the neighbours of all lines are those of each, within its hunk", () => {
  const file = {
    ...aFile("a.ts", []),
    hunks: [
      aHunk(["+}", " if (a) {", "+", "+  b();", "-  c();", "+}", "+}"], 1),
      aHunk(["+}", "+)", "+];"], 40),
      aHunk(["+d();", "+}", " e();", "+}"], 80),
    ],
  };
  const shown = showFiles([file]).get("a.ts");
  if (!shown) throw new Error("the file is not shown");
  const all = findNeighbours(shown);
  expect(all).toEqual(
    shown.lines.map((_line, at) => ({
      above: nearestTelling(shown, at, -1),
      below: nearestTelling(shown, at, 1),
    })),
  );
  expect(all.map(({ above, below }) => [above?.text, below?.text])).toContainEqual(["d();", "e();"]);
});

test("a hunk of as many lines without a word as a diff may have is gone through once", () => {
  const shown = showFiles([aFile("a.txt", Array(400_000).fill("+}"))]).get("a.txt");
  if (!shown) throw new Error("the file is not shown");
  expect(findNeighbours(shown).filter(({ above, below }) => above || below)).toEqual([]);
});
