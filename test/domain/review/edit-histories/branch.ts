/**
 * A pull request's branch as lines of files, and what people do to it. A line that holds `MARK` is what the reviewers of
 * these tests find; every other line is drawn from few, so that equal ones abound.
 */

interface Line {
  readonly text: string;
  /** The same in base and head, so that a rebase puts what the base gained where it belongs. */
  readonly id: number;
}
type Tree = ReadonlyMap<string, readonly Line[]>;

export interface Branch {
  readonly base: Tree;
  readonly head: Tree;
}

/** Numbers choose among what there is, whatever there is. */
export type Edit =
  | { readonly kind: "add"; readonly file: number; readonly at: number; readonly texts: readonly number[] }
  | { readonly kind: "mark"; readonly file: number; readonly at: number }
  | { readonly kind: "copyMark"; readonly mark: number; readonly file: number; readonly at: number }
  | { readonly kind: "bringBack"; readonly mark: number; readonly file: number; readonly at: number }
  | { readonly kind: "fix"; readonly mark: number }
  | { readonly kind: "delete"; readonly file: number; readonly at: number; readonly count: number }
  | { readonly kind: "indent"; readonly file: number; readonly at: number; readonly count: number }
  | {
      readonly kind: "move";
      readonly file: number;
      readonly at: number;
      readonly count: number;
      readonly toFile: number;
      readonly to: number;
    }
  | { readonly kind: "rename"; readonly file: number }
  | { readonly kind: "newFile"; readonly texts: readonly number[] }
  | { readonly kind: "rebase"; readonly file: number; readonly at: number; readonly texts: readonly number[] }
  | { readonly kind: "squash" }
  | { readonly kind: "pushBack"; readonly to: number };

const plain = [
  "const total = sum(items);",
  "return total;",
  "}",
  "",
  "if (ready) {",
  "log(total);",
  "step();",
];
const adjectives = [
  "open",
  "stale",
  "broken",
  "hidden",
  "double",
  "empty",
  "missing",
  "wrong",
  "late",
  "lost",
];
const nouns = ["socket", "cursor", "buffer", "lock", "token", "query", "header", "branch", "record", "cache"];

export interface History {
  /** After each push, the first one opening the pull request. */
  readonly pushes: readonly Branch[];
}

export function playHistory(pushes: readonly (readonly Edit[])[]): History {
  const player = createPlayer();
  const branches: Branch[] = [];
  let branch = player.start();
  for (const edits of pushes) {
    for (const edit of edits) branch = player.apply(branch, edit, branches);
    branches.push(branch);
  }
  return { pushes: branches };
}

function createPlayer() {
  let lines = 0;
  let names = 0;
  const marks: string[] = [];
  const line = (text: string): Line => ({ text, id: lines++ });
  const plainLines = (texts: readonly number[]) => texts.map((one) => line(pick(plain, one)));
  const newMark = () => {
    const number = marks.length;
    const words = `${pick(adjectives, number)} ${pick(nouns, Math.floor(number / adjectives.length) + number)}`;
    marks.push(`MARK ${words} ${"abcdefghij".charAt(number % 10)}${number}`);
    return line(marks[number] ?? "");
  };

  const apply = (branch: Branch, edit: Edit, earlier: readonly Branch[]): Branch => {
    const { base, head } = branch;
    switch (edit.kind) {
      case "add":
        return { base, head: insert(head, edit, plainLines(edit.texts)) };
      case "mark":
        return { base, head: insert(head, edit, [newMark()]) };
      case "copyMark": {
        const there = marked(head);
        return there.length === 0
          ? branch
          : { base, head: insert(head, edit, [line(pick(there, edit.mark).text)]) };
      }
      case "bringBack": {
        const there = new Set([...head.values()].flat().map(({ text }) => text.trim()));
        const away = marks.filter((text) => !there.has(text));
        return away.length === 0 ? branch : { base, head: insert(head, edit, [line(pick(away, edit.mark))]) };
      }
      case "fix": {
        const there = marked(head);
        const fixed = there.length === 0 ? null : pick(there, edit.mark).id;
        return {
          base,
          head: new Map([...head].map(([at, own]) => [at, own.filter(({ id }) => id !== fixed)])),
        };
      }
      case "delete":
        return { base, head: cut(head, edit).tree };
      case "indent":
        return { base, head: indent(head, edit) };
      case "move": {
        const { tree, lines: moved } = cut(head, edit);
        return { base, head: insert(tree, { file: edit.toFile, at: edit.to }, moved) };
      }
      case "rename": {
        const path = pick([...head.keys()], edit.file);
        const renamed = `renamed-${names++}.ts`;
        return { base, head: new Map([...head].map(([at, own]) => [at === path ? renamed : at, own])) };
      }
      case "newFile":
        return { base, head: new Map([...head, [`new-${names++}.ts`, plainLines(edit.texts)]]) };
      case "rebase":
        return rebase(branch, edit, plainLines(edit.texts));
      case "squash":
        return branch;
      case "pushBack":
        return earlier.length === 0 ? branch : pick(earlier, edit.to);
    }
  };

  const start = (): Branch => {
    const base = new Map(
      ["a.ts", "b.ts", "lib/c.ts"].map((path, file) => [
        path,
        Array.from({ length: 14 }, (_, at) => line(`${path} has line ${at * (file + 1)}`)),
      ]),
    );
    return { base, head: base };
  };
  return { start, apply };
}

function pick<Value>(values: readonly Value[], number: number): Value {
  const value = values[number % values.length];
  if (value === undefined) throw new Error("there is nothing to choose from");
  return value;
}

function marked(tree: Tree): readonly Line[] {
  return [...tree.values()].flat().filter(({ text }) => text.includes("MARK"));
}

function insert(tree: Tree, { file, at }: { file: number; at: number }, lines: readonly Line[]): Tree {
  const path = pick([...tree.keys()], file);
  const own = tree.get(path) ?? [];
  return new Map(tree).set(path, own.toSpliced(at % (own.length + 1), 0, ...lines));
}

function cut(tree: Tree, { file, at, count }: { file: number; at: number; count: number }) {
  const path = pick([...tree.keys()], file);
  const own = tree.get(path) ?? [];
  const start = own.length === 0 ? 0 : at % own.length;
  const lines = own.slice(start, start + count);
  return { tree: new Map(tree).set(path, own.toSpliced(start, count)), lines };
}

function indent(tree: Tree, { file, at, count }: { file: number; at: number; count: number }): Tree {
  const path = pick([...tree.keys()], file);
  const own = tree.get(path) ?? [];
  const start = own.length === 0 ? 0 : at % own.length;
  const deeper = (one: Line, index: number) =>
    start <= index && index < start + count ? { ...one, text: `  ${one.text}` } : one;
  return new Map(tree).set(path, own.map(deeper));
}

/** The base gains lines after one of its own; the head has them there, too, where it still has that line. */
function rebase(
  { base, head }: Branch,
  { file, at }: { file: number; at: number },
  gained: readonly Line[],
): Branch {
  const path = pick([...base.keys()], file);
  const own = base.get(path) ?? [];
  const position = at % own.length;
  const after = own[position]?.id;
  const graft = (lines: readonly Line[]) => {
    const found = lines.findIndex(({ id }) => id === after);
    return found < 0 ? lines : lines.toSpliced(found + 1, 0, ...gained);
  };
  return {
    base: new Map(base).set(path, own.toSpliced(position + 1, 0, ...gained)),
    head: new Map([...head].map(([name, lines]) => [name, graft(lines)])),
  };
}
