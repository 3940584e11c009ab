/** Writes what branches hold into a real git repository, and reads the diffs of it as a review does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileDiff } from "../../../../src/adapters/git/diff.ts";
import { type Clone, openClone } from "../../../../src/adapters/git/open-clone.ts";
import { readDiff } from "../../../../src/adapters/git/read-diff.ts";
import { createTestRepository, type TestRepository } from "../../../adapters/git/test-repository.ts";
import type { Branch, History } from "./branch.ts";

export interface GitHistories extends AsyncDisposable {
  /** The pull request's diff after each push. */
  readonly diffs: (history: History) => Promise<readonly (readonly FileDiff[])[]>;
}

export async function openGitHistories(): Promise<GitHistories> {
  await using stack = new AsyncDisposableStack();
  const repository = stack.use(await createTestRepository());
  await repository.commit({ "README.md": "empty\n" });
  const clone = stack.use(await openClone(repository.directory, new AbortController().signal));
  const kept = stack.move();
  return {
    diffs: async ({ pushes }) => {
      const ids = importTrees(repository, pushes);
      return await Promise.all(pushes.map((_, push) => diffOf(clone, ids, push)));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function diffOf({ repository }: Clone, ids: ReadonlyMap<number, string>, push: number) {
  return await readDiff(repository, ids.get(2 * push + 1) ?? "", ids.get(2 * push + 2) ?? "");
}

/** One process for a whole history. @returns commits by mark: 1 and 2 are base and head of the first push */
function importTrees({ directory }: TestRepository, pushes: readonly Branch[]): ReadonlyMap<number, string> {
  const stream = pushes.flatMap(({ base, head }, push) => [
    ...commit(2 * push + 1, base),
    ...commit(2 * push + 2, head),
  ]);
  const marks = join(directory, ".git", "marks");
  const { exitCode, stderr } = Bun.spawnSync(
    ["git", "fast-import", "--quiet", "--force", `--export-marks=${marks}`],
    { cwd: directory, stdin: Buffer.from(stream.join("")) },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  return new Map(readMarks(marks));
}

function* commit(mark: number, tree: Branch["head"]): Iterable<string> {
  yield `commit refs/heads/history\nmark :${mark}\ncommitter Ada <ada@example.com> 1 +0000\ndata 0\n`;
  yield "deleteall\n";
  for (const [path, lines] of tree) {
    const content = lines.map(({ text }) => `${text}\n`).join("");
    yield `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  }
}

function* readMarks(path: string): Iterable<readonly [number, string]> {
  const text = readFileSync(path, "utf8");
  for (const line of text.trim().split("\n")) {
    const [mark = "", id = ""] = line.split(" ");
    yield [Number(mark.slice(1)), id];
  }
}
