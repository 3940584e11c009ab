/** Random diffs with the files they lead to, for property tests. */
import fc from "fast-check";
import type { FileDiff, Hunk, HunkLine } from "../../../../../src/adapters/git/diff.ts";

export interface DiffWithFiles {
  readonly files: readonly FileDiff[];
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
}

interface Spec {
  readonly name: string;
  readonly change:
    | "added"
    | "modified"
    | "renamed"
    | "deleted"
    | "binary"
    | "symlink"
    | "too_large"
    | "mode_changed";
  readonly hunks: readonly { readonly gap: readonly string[]; readonly lines: readonly LineSpec[] }[];
  readonly rest: readonly string[];
  readonly isReadable: boolean;
}
type LineSpec = readonly ["added" | "deleted" | "context", string];

const text = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "",
      "  return x;",
      "  call();",
      "    deep(x);",
      "function f() {",
      "}",
      "\tif (a) {",
      "// @generated",
      "const a = 1;",
    ),
  },
  { weight: 3, arbitrary: fc.string({ maxLength: 120, unit: "grapheme" }).map(asLine) },
  { weight: 2, arbitrary: fc.string({ maxLength: 60, unit: "binary" }).map(asLine) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 20_000 }).map((length) => "aB3/".repeat(length / 4)) },
);
const line: fc.Arbitrary<LineSpec> = fc.tuple(
  fc.constantFrom("added" as const, "added" as const, "deleted" as const, "context" as const),
  text,
);
const lines = fc.oneof(
  { weight: 5, arbitrary: fc.array(line, { minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(line, { minLength: 100, maxLength: 400, size: "max" }) },
);
const spec: fc.Arbitrary<Spec> = fc.record({
  name: fc.oneof(
    fc.constantFrom(
      "src/auth.ts",
      "src/a.ts",
      "test/a.test.ts",
      "README.md",
      "yarn.lock",
      "vendor/x.go",
      "a.pb.go",
    ),
    fc
      .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
      .map((name) => `src/${name.replaceAll("/", "")}x`),
  ),
  change: fc.constantFrom(
    "added",
    "modified",
    "modified",
    "renamed",
    "deleted",
    "binary",
    "symlink",
    "too_large",
    "mode_changed",
  ),
  hunks: fc.array(fc.record({ gap: fc.array(text, { minLength: 1, maxLength: 30 }), lines }), {
    minLength: 1,
    maxLength: 4,
  }),
  rest: fc.array(text, { maxLength: 20 }),
  isReadable: fc.boolean(),
});

export const arbitraryDiff: fc.Arbitrary<DiffWithFiles> = fc.array(spec, { maxLength: 14 }).map((specs) => {
  const contents = new Map<string, string>();
  const files = specs.map((one, index) => {
    const { file, content } = build(one, `${index}/${one.name}`);
    if (one.isReadable) contents.set(file.path, content);
    return file;
  });
  return {
    files,
    readFile: async (path) => {
      const content = contents.get(path);
      return content === undefined ? null : new TextEncoder().encode(content);
    },
  };
});

function asLine(said: string): string {
  return said.replaceAll("\n", " ");
}

function build({ change, hunks, rest }: Spec, path: string): { file: FileDiff; content: string } {
  const head: string[] = [];
  const at = { old: 0, new: 0 };
  const built = hunks.map(({ gap, lines: said }): Hunk => {
    for (const text of gap) {
      head.push(text);
      at.old++;
      at.new++;
    }
    const [oldStart, newStart] = [at.old, at.new];
    const numbered = said.map(([kind, text]): HunkLine => {
      if (kind !== "added") at.old++;
      if (kind === "deleted") return { kind, oldLine: at.old, text };
      at.new++;
      head.push(text);
      return kind === "added"
        ? { kind, newLine: at.new, text }
        : { kind, oldLine: at.old, newLine: at.new, text };
    });
    const [oldLines, newLines] = [at.old - oldStart, at.new - newStart];
    return {
      oldStart: oldLines === 0 ? oldStart : oldStart + 1,
      oldLines,
      newStart: newLines === 0 ? newStart : newStart + 1,
      newLines,
      lines: numbered,
    };
  });
  const omitted = change === "symlink" || change === "too_large" ? change : null;
  const isBinary = change === "binary";
  const file: FileDiff = {
    path,
    oldPath: change === "renamed" ? `old-${path}` : null,
    change: omitted || isBinary ? "modified" : (change as FileDiff["change"]),
    binary: isBinary,
    omitted,
    hunks:
      omitted || isBinary || change === "mode_changed"
        ? []
        : built.filter(({ lines: all }) => all.some(({ kind }) => kind !== "context")),
  };
  return { file, content: [...head, ...rest].join("\n") };
}
