import { expect, test } from "bun:test";
import { chown, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMergeBase, hasCommit, parentsOf } from "../../../src/adapters/git/history.ts";
import { findCommit, openClone } from "../../../src/adapters/git/open-clone.ts";
import { readDiff } from "../../../src/adapters/git/read-diff.ts";
import { readFileAt } from "../../../src/adapters/git/read-file.ts";
import { isSupportedVersion } from "../../../src/adapters/git/repository.ts";
import { createTestRepository } from "./test-repository.ts";

const { signal } = new AbortController();

test("a folder that is none, or in no repository, is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-none-"));
  for (const directory of [folder, join(folder, "missing"), "/dev/null"]) {
    await expect(openClone(directory, signal)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining(directory),
    });
  }
  await rm(folder, { recursive: true });
});

test("a folder inside the clone, a linked work tree and a bare repository lead to the same commits", async () => {
  await using repository = await createTestRepository();
  const head = await repository.commit({ "deep/er/a.ts": "a\n" });
  repository.git("worktree", "add", "--quiet", "-b", "other", "tree with\nbreak");
  repository.git("clone", "--quiet", "--bare", ".", "bare.git");
  for (const folder of ["deep/er", "tree with\nbreak", "bare.git"]) {
    await using clone = await openClone(join(repository.directory, folder), signal);
    expect(await findCommit(clone, "HEAD")).toBe(head);
    expect(await readFileAt(clone.repository, head, "deep/er/a.ts")).toEqual(Buffer.from("a\n"));
  }
});

test("revisions in git's notation are found, anything else is null", async () => {
  await using repository = await createTestRepository();
  const first = await repository.commit({ "a.ts": "a\n" });
  const second = await repository.commit({ "a.ts": "b\n" });
  repository.git("tag", "--annotate", "v1", "--message=v1", first);
  repository.git("update-ref", "refs/heads/-f", second);
  await using clone = await openClone(repository.directory, signal);
  for (const name of ["v1", "HEAD~1", "main^", first.slice(0, 8)])
    expect(await findCommit(clone, name)).toBe(first);
  expect(await findCommit(clone, "-f")).toBe(second);
  for (const name of ["", "nope", "--help", "HEAD:a.ts", "HEAD~9", "-- a"]) {
    expect(await findCommit(clone, name)).toBeNull();
  }
});

test("a shallow clone knows the parents it does not have", async () => {
  await using repository = await createTestRepository();
  const first = await repository.commit({ "a.ts": "a\n" });
  const second = await repository.commit({ "a.ts": "b\n" });
  repository.git("clone", "--quiet", "--depth=1", `file://${repository.directory}`, "shallow");
  await using clone = await openClone(join(repository.directory, "shallow"), signal);
  expect(clone.shallow).toBe(true);
  expect(await parentsOf(clone.repository, second)).toEqual([first]);
  expect([await hasCommit(clone.repository, first), await hasCommit(clone.repository, second)]).toEqual([
    false,
    true,
  ]);
  expect(await findMergeBase(clone.repository, second, second)).toBe(second);
});

test("histories without a common ancestor have no merge base", async () => {
  await using repository = await createTestRepository();
  const main = await repository.commit({ "a.ts": "a\n" });
  repository.git("checkout", "--quiet", "--orphan", "other");
  const other = await repository.commit({ "b.ts": "b\n" });
  await using clone = await openClone(repository.directory, signal);
  expect(clone.shallow).toBe(false);
  expect(await findMergeBase(clone.repository, main, other)).toBeNull();
});

test.if(process.getuid?.() === 0)("a clone that belongs to another user is read", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.ts": "a\n" });
  const head = await repository.commit({ "a.ts": "b\n" });
  for (const name of ["", ".git"]) await chown(join(repository.directory, name), 65_534, 65_534);
  await using clone = await openClone(repository.directory, signal);
  expect(await readDiff(clone.repository, base, head)).toHaveLength(1);
});

test("the temporary folder goes when the clone is closed", async () => {
  await using repository = await createTestRepository();
  const head = await repository.commit({ "a.ts": "a\n" });
  const clone = await openClone(repository.directory, signal);
  await readFileAt(clone.repository, head, "a.ts");
  expect(await readdir(clone.repository.gitDir)).toContain("objects");
  await clone[Symbol.asyncDispose]();
  await expect(readdir(clone.repository.gitDir)).rejects.toThrow();
});

test("files are read by the commit's own names, in any order, many at once", async () => {
  await using repository = await createTestRepository();
  const contents = Object.fromEntries(
    ["plain.ts", "sp ace", "line\nbreak", 'quo"te', "日本", "-dash", ":colon", "a/b/c"].map((name, i) => [
      name,
      `${i}\n`.repeat(i * 40_000),
    ]),
  );
  const head = await repository.commit(contents);
  await mkdir(join(repository.directory, "sub"), { recursive: true });
  await using clone = await openClone(repository.directory, signal);
  const names = [
    ...Object.keys(contents),
    "missing",
    "missing\nwith break",
    "a/b",
    "",
    ".",
    "./plain.ts",
    "nul\0",
  ];
  const read = await Promise.all(names.map((name) => readFileAt(clone.repository, head, name)));
  expect(read.map((bytes) => (bytes === null ? null : Buffer.from(bytes).toString()))).toEqual([
    ...Object.values(contents),
    ...[null, null, null, null, null, null, null],
  ]);
  await expect(readFileAt(clone.repository, "HEAD", "plain.ts")).rejects.toMatchObject({
    code: "invalid_input",
  });
});

test("a file above the limit is refused, not cut", async () => {
  await using repository = await createTestRepository();
  const head = await repository.commit({ "big.txt": "0123456\n".repeat(2_200_000), "a.ts": "a\n" });
  await using clone = await openClone(repository.directory, signal);
  await expect(readFileAt(clone.repository, head, "big.txt")).rejects.toMatchObject({
    code: "invalid_input",
  });
  expect(await readFileAt(clone.repository, head, "a.ts")).toEqual(Buffer.from("a\n"));
});

test("git 2.39 or newer", () => {
  const versions = ["git version 2.39.5", "git version 2.50.1 (Apple Git-155)", "git version 3.0.0"];
  expect(versions.map(isSupportedVersion)).toEqual([true, true, true]);
  expect(["git version 2.38.1", "git version 1.99", "hub version 2.40", ""].map(isSupportedVersion)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
