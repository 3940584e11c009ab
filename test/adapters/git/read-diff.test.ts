import { expect, test } from "bun:test";
import { chmod, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { addedLines, type FileDiff } from "../../../src/adapters/git/diff.ts";
import { openClone } from "../../../src/adapters/git/open-clone.ts";
import type { PatchLimits } from "../../../src/adapters/git/patch-parser.ts";
import { readDiff } from "../../../src/adapters/git/read-diff.ts";
import { emptyTree } from "../../../src/adapters/git/repository.ts";
import { createTestRepository, type TestRepository } from "./test-repository.ts";

const { signal } = new AbortController();

async function diffOf(
  repository: TestRepository,
  base: string,
  head: string,
  limits?: PatchLimits,
): Promise<FileDiff[]> {
  await using clone = await openClone(repository.directory, signal);
  return await readDiff(clone.repository, base, head, limits);
}

test("an edit comes with its lines, numbers and context", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "src/a.ts": "1\n2\n3\n4\n5\n6\n7\n8\n9\n" });
  const head = await repository.commit({ "src/a.ts": "1\n2\n3\n4\nfive\nnew\n6\n7\n8\n9\n" });
  expect(await diffOf(repository, base, head)).toEqual([
    {
      path: "src/a.ts",
      oldPath: null,
      change: "modified",
      binary: false,
      omitted: null,
      hunks: [
        {
          oldStart: 2,
          oldLines: 7,
          newStart: 2,
          newLines: 8,
          lines: [
            { kind: "context", oldLine: 2, newLine: 2, text: "2" },
            { kind: "context", oldLine: 3, newLine: 3, text: "3" },
            { kind: "context", oldLine: 4, newLine: 4, text: "4" },
            { kind: "deleted", oldLine: 5, text: "5" },
            { kind: "added", newLine: 5, text: "five" },
            { kind: "added", newLine: 6, text: "new" },
            { kind: "context", oldLine: 6, newLine: 7, text: "6" },
            { kind: "context", oldLine: 7, newLine: 8, text: "7" },
            { kind: "context", oldLine: 8, newLine: 9, text: "8" },
          ],
        },
      ],
    },
  ]);
});

test("added, deleted, renamed, mode-changed, empty and unchanged files", async () => {
  await using repository = await createTestRepository();
  const body = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
  const base = await repository.commit({
    "gone.txt": "a\n",
    "moved.txt": body,
    "moved-as-is.txt": `${body}\nsame`,
    "run.sh": "echo\n",
    "same.txt": "same\n",
  });
  await chmod(join(repository.directory, "run.sh"), 0o755);
  const head = await repository.commit({
    "gone.txt": null,
    "moved.txt": null,
    "to/moved.txt": body.replace("line 7", "line seven"),
    "moved-as-is.txt": null,
    "to/moved-as-is.txt": `${body}\nsame`,
    "empty.txt": "",
    "added.txt": "x\ny\n",
  });
  const files = await diffOf(repository, base, head);
  expect(files.map(({ path, oldPath, change, hunks }) => [path, oldPath, change, hunks.length])).toEqual([
    ["added.txt", null, "added", 1],
    ["empty.txt", null, "added", 0],
    ["gone.txt", null, "deleted", 1],
    ["run.sh", null, "mode_changed", 0],
    ["to/moved-as-is.txt", "moved-as-is.txt", "renamed", 0],
    ["to/moved.txt", "moved.txt", "renamed", 1],
  ]);
  expect(files.flatMap((file) => [...addedLines(file)])).toEqual([1, 2, 8]);
});

test("a root commit is all additions, in a sha256 repository as well", async () => {
  for (const format of ["sha1", "sha256"] as const) {
    await using repository = await createTestRepository(`--object-format=${format}`);
    const head = await repository.commit({ "a.txt": "a\nb\n", "b/c.txt": "c\n" });
    const files = await diffOf(repository, emptyTree[format], head);
    expect(files.map(({ path, change }) => [path, change])).toEqual([
      ["a.txt", "added"],
      ["b/c.txt", "added"],
    ]);
  }
});

test("names with spaces, quotes, Unicode, tabs, line breaks and leading dashes stay what they are", async () => {
  await using repository = await createTestRepository();
  const names = [
    "-rf",
    "--output=x",
    'quo"te\\.ts',
    "sp ace.ts",
    "tab\there.ts",
    "line\nbreak.ts",
    "é✓/日本.ts",
    "a b/ c .ts",
    "diff --git a/x b/x",
    ":(top)x",
    "@@ -1 +1 @@",
  ].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const base = await repository.commit(Object.fromEntries(names.map((name) => [name, "old\n"])));
  const head = await repository.commit(Object.fromEntries(names.map((name) => [name, "new\n"])));
  const files = await diffOf(repository, base, head);
  expect(files.map(({ path }) => path)).toEqual(names);
  expect(files.every((file) => addedLines(file).has(1))).toBe(true);
});

test("content that looks like a patch is content", async () => {
  await using repository = await createTestRepository();
  const lookalike =
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\nBinary files a and b differ\n\\ No newline\n";
  const base = await repository.commit({ "a.patch": "\n", "b.txt": "b\n" });
  const head = await repository.commit({ "a.patch": lookalike, "b.txt": "c\n" });
  const [patch, other] = await diffOf(repository, base, head);
  expect(patch?.hunks.flatMap(({ lines }) => lines).map(({ text }) => text)).toEqual([
    "",
    ...lookalike.split("\n").slice(0, -1),
  ]);
  expect(other).toMatchObject({ path: "b.txt", binary: false });
});

test("a missing last line feed, CRLF, a byte order mark and invalid UTF-8 lose no line", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({
    "end.txt": "a",
    "crlf.txt": "a\r\n",
    "bom.txt": "x\n",
    "bad.txt": "x\n",
  });
  const head = await repository.commit({
    "end.txt": "a\nb",
    "crlf.txt": "a\r\nb\r\nc\rd\r\n",
    "bom.txt": "\uFEFFx\n",
    "bad.txt": Uint8Array.from([0x61, 0xff, 0xfe, 0x62, 0x0a]),
  });
  const files = await diffOf(repository, base, head);
  const added = Object.fromEntries(
    files.map((file) => [
      file.path,
      file.hunks.flatMap(({ lines }) => lines).flatMap(({ kind, text }) => (kind === "added" ? [text] : [])),
    ]),
  );
  expect(added).toEqual({
    "bad.txt": ["a\uFFFD\uFFFDb"],
    "bom.txt": ["\uFEFFx"],
    "crlf.txt": ["b\r", "c\rd\r"],
    "end.txt": ["a", "b"],
  });
});

test("binary is what holds a NUL, whatever attributes of head, base or clone say", async () => {
  await using repository = await createTestRepository();
  const attributes = "*.ts -diff\n*.js binary\n*.py diff=evil\n*.go -text\n";
  const image = Uint8Array.from([0x89, 0x50, 0x00, 0x01, 0x0a, 0x00]);
  const files = { "a.ts": "a\n", "a.js": "a\n", "a.py": "a\n", "a.go": "a\n" };
  const base = await repository.commit({ ...files, ".gitattributes": attributes, "x.png": image });
  const head = await repository.commit({
    "a.ts": "b\n",
    "a.js": "b\n",
    "a.py": "b\n",
    "a.go": "b\n",
    "sub/.gitattributes": "* binary\n",
    "sub/b.ts": "b\n",
    "x.png": new Uint8Array([...image, 1]),
  });
  await Bun.write(join(repository.directory, ".git/info/attributes"), "* binary\n");
  const diff = await diffOf(repository, base, head);
  expect(diff.filter(({ binary }) => binary).map(({ path }) => path)).toEqual(["x.png"]);
  const shown = diff.filter((file) => addedLines(file).size > 0).map(({ path }) => path);
  expect(shown).toEqual(["a.go", "a.js", "a.py", "a.ts", "sub/.gitattributes", "sub/b.ts"]);
  expect(diff.find(({ path }) => path === "x.png")?.hunks).toEqual([]);
});

test("links and submodules say so, also where a file turns into one or back", async () => {
  await using repository = await createTestRepository();
  const { directory, git } = repository;
  await symlink("/etc/passwd", join(directory, "link"));
  await symlink("other", join(directory, "link-to-file"));
  const base = await repository.commit({ "file-to-link": "text\n", "z.txt": "z\n" });
  git("update-index", "--add", "--cacheinfo", `160000,${base},sub`);
  await rm(join(directory, "link-to-file"));
  await rm(join(directory, "file-to-link"));
  await symlink("/etc/shadow", join(directory, "file-to-link"));
  await Bun.write(join(directory, "link-to-file"), "one\ntwo\n");
  await Bun.write(join(directory, "z.txt"), "zz\n");
  await rm(join(directory, "link"));
  git("add", "file-to-link", "link-to-file", "z.txt", "link");
  git("commit", "--quiet", "--message=links");
  const files = await diffOf(repository, base, git("rev-parse", "HEAD"));
  expect(files.map(({ path, change, omitted, hunks }) => [path, change, omitted, hunks.length])).toEqual([
    ["file-to-link", "modified", "symlink", 0],
    ["link", "deleted", "symlink", 0],
    ["link-to-file", "modified", null, 1],
    ["sub", "added", "submodule", 0],
    ["z.txt", "modified", null, 1],
  ]);
  expect(files.map((file) => [...addedLines(file)])).toEqual([[], [], [1, 2], [], [1]]);
});

test("a file that turns into a link with the very same content, or back, shifts no other file's lines", async () => {
  await using repository = await createTestRepository();
  const { directory } = repository;
  await symlink("target", join(directory, "b-was-link"));
  const base = await repository.commit({ "a-was-file": "target", "c.ts": "c\n" });
  await rm(join(directory, "a-was-file"));
  await symlink("target", join(directory, "a-was-file"));
  await rm(join(directory, "b-was-link"));
  const head = await repository.commit({ "b-was-link": "target", "c.ts": "cc\n" });
  const files = await diffOf(repository, base, head);
  expect(files.map((file) => [file.path, file.change, file.omitted, [...addedLines(file)]])).toEqual([
    ["a-was-file", "modified", "symlink", []],
    ["b-was-link", "modified", null, [1]],
    ["c.ts", "modified", null, [1]],
  ]);
});

test("a file over a limit is left out and named, the ones around it are not", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
  const many = "line\n".repeat(1_000);
  const head = await repository.commit({ "a.txt": "aa\n", "b.txt": many, "c.txt": "cc\n" });
  const byLines = await diffOf(repository, base, head, { maxLines: 100, maxBytes: 1e9 });
  const byBytes = await diffOf(repository, base, head, { maxLines: 1e9, maxBytes: 500 });
  for (const files of [byLines, byBytes]) {
    expect(files.map(({ path, omitted, hunks }) => [path, omitted, hunks.length])).toEqual([
      ["a.txt", null, 1],
      ["b.txt", "too_large", 0],
      ["c.txt", null, 1],
    ]);
  }
});

test("a file above the size git loads is too large, not binary", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.txt": "a\n" });
  const head = await repository.commit({ "big.txt": "0123456\n".repeat(2_200_000) });
  const [big] = await diffOf(repository, base, head);
  expect(big).toMatchObject({ path: "big.txt", binary: false, omitted: "too_large", hunks: [] });
});

test("30,000 lines and a single line of 5 MB are read whole", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.txt": "a\n" });
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`).join("");
  const head = await repository.commit({ "long.txt": lines, "wide.json": "x".repeat(5_000_000) });
  const [long, wide] = await diffOf(repository, base, head);
  expect(long && addedLines(long).size).toBe(30_000);
  expect(wide?.hunks[0]?.lines.map(({ text }) => text.length)).toEqual([5_000_000]);
});

test("a commit or a content that is not here is not_found, a name that is no id never reaches git", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.txt": "a\n" });
  const head = await repository.commit({ "a.txt": "b\n" });
  await expect(diffOf(repository, "0".repeat(39).concat("1"), head)).rejects.toMatchObject({
    code: "not_found",
  });
  await expect(diffOf(repository, "--output=/tmp/x", head)).rejects.toMatchObject({ code: "invalid_input" });
  for (const name of ["HEAD:a.txt", "HEAD^{tree}", "HEAD"]) {
    const id = repository.git("rev-parse", name);
    await rm(join(repository.directory, ".git/objects", id.slice(0, 2), id.slice(2)));
    await expect(diffOf(repository, base, head)).rejects.toMatchObject({ code: "not_found" });
  }
});
