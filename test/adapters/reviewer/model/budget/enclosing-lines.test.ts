import { expect, test } from "bun:test";
import { enclosingLines } from "../../../../../src/adapters/reviewer/model/budget/enclosing-lines.ts";

/** Shows lines first–last of a change in one line, with the whole file allowed. */
function around(source: string, line: number, within = { first: 1, last: Number.POSITIVE_INFINITY }) {
  const lines = source.split("\n");
  const changed = { first: line, last: line };
  const { first, last } = enclosingLines(lines, { changed, shown: changed, within });
  return [first, last];
}

const python = `import os

class Cart:
    def add(self, item):
        if item:
            self.items.append(item)
        return self

    def total(self):
        return 0
`;
const go = `package cart

func Total(items []Item) int {
\tsum := 0
\tfor _, item := range items {
\t\tsum += item.Price
\t}
\treturn sum
}

func Other() {}`;

test("the function by its indentation, not the condition or the loop in it", () => {
  expect(around(python, 6)).toEqual([4, 8]);
  expect(around(go, 6)).toEqual([3, 9]);
});

test("no more than is allowed, and never less than what is shown", () => {
  expect(around(go, 6, { first: 5, last: 7 })).toEqual([5, 7]);
  expect(around(go, 1)).toEqual([1, 1]);
  expect(around("", 1)).toEqual([1, 1]);
});

test("nothing where the beginning is too far away", () => {
  const long = ["function f() {", ...Array.from({ length: 100 }, () => "  call();"), "}"].join("\n");
  expect(around(long, 90)).toEqual([90, 90]);
  expect(around(long, 30)).toEqual([1, 60]);
});
