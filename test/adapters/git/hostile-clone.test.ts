import { expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMergeBase, parentsOf } from "../../../src/adapters/git/history.ts";
import { findCommit, findSymbolicName, openClone } from "../../../src/adapters/git/open-clone.ts";
import { readDiff } from "../../../src/adapters/git/read-diff.ts";
import { readFileAt } from "../../../src/adapters/git/read-file.ts";
import { createTestRepository, type TestRepository } from "./test-repository.ts";

const { signal } = new AbortController();

interface HostileClone extends AsyncDisposable {
  readonly repository: TestRepository;
  readonly base: string;
  readonly head: string;
  /** Names of the traps that were sprung. */
  readonly sprung: () => Promise<readonly string[]>;
}

/** A clone in which every setting, hook and attribute that can name a program names one that leaves a mark. */
async function createHostileClone(): Promise<HostileClone> {
  const repository = await createTestRepository();
  const marks = await mkdtemp(join(tmpdir(), "reviewd-test-marks-"));
  const trap = (name: string) => `touch ${marks}/${name}; true`;
  const base = await repository.commit({ "a.ts": "a\n", "b.ts": "b\n" });
  const head = await repository.commit({
    "a.ts": "aa\n",
    "b.ts": "bb\n",
    ".gitattributes": "*.ts diff=evil filter=evil\n",
  });
  const settings = {
    "core.fsmonitor": trap("fsmonitor"),
    "core.sshCommand": trap("ssh"),
    "core.gitProxy": trap("git-proxy"),
    "core.pager": trap("pager"),
    "core.askPass": trap("ask-pass"),
    "core.hooksPath": join(repository.directory, "hooks"),
    "core.attributesFile": join(repository.directory, ".gitattributes"),
    "core.alternateRefsCommand": trap("alternate-refs"),
    "core.worktree": repository.directory,
    "credential.helper": `!${trap("credential")}`,
    "diff.external": trap("external-diff"),
    "diff.evil.textconv": trap("textconv"),
    "diff.evil.command": trap("diff-command"),
    "filter.evil.clean": trap("clean"),
    "filter.evil.smudge": trap("smudge"),
    "gpg.program": trap("gpg"),
    "log.showSignature": "true",
    "protocol.ext.allow": "always",
    "protocol.file.allow": "always",
    "remote.origin.url": `ext::sh -c ${trap("lazy-fetch").replaceAll(" ", "% ")}`,
    "remote.origin.promisor": "true",
    "remote.origin.uploadpack": trap("upload-pack"),
    "extensions.partialClone": "origin",
  };
  for (const hook of ["post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc"]) {
    const file = join(repository.directory, "hooks", hook);
    await Bun.write(file, `#!/bin/sh\n${trap(`hook-${hook}`)}\n`);
    await chmod(file, 0o755);
  }
  for (const [key, value] of Object.entries(settings)) repository.git("config", key, value);
  return {
    repository,
    base,
    head,
    sprung: () => readdir(marks),
    [Symbol.asyncDispose]: async () => {
      await rm(marks, { recursive: true });
      await repository[Symbol.asyncDispose]();
    },
  };
}

test("plain git springs the traps, so a mark would be seen", async () => {
  await using hostile = await createHostileClone();
  const { git } = hostile.repository;
  expect(() => git("cat-file", "-p", "1".repeat(40))).toThrow();
  git("status");
  git("diff", hostile.base, hostile.head);
  git("diff", "--no-ext-diff", hostile.base, hostile.head);
  expect([...(await hostile.sprung())].sort()).toEqual(
    expect.arrayContaining([
      "clean",
      "diff-command",
      "fsmonitor",
      "hook-post-index-change",
      "lazy-fetch",
      "textconv",
    ]),
  );
});

test("nothing a clone is configured with is run, and nothing of it changes the diff", async () => {
  await using hostile = await createHostileClone();
  await using clone = await openClone(hostile.repository.directory, signal);
  expect(await findCommit(clone, "HEAD")).toBe(hostile.head);
  expect(await findCommit(clone, "1".repeat(40))).toBeNull();
  expect(await findCommit(clone, ":a.ts")).toBeNull();
  expect(await findCommit(clone, ":/change")).toBe(hostile.head);
  expect(await findSymbolicName(clone, "HEAD")).toBe("main");
  expect(await parentsOf(clone.repository, hostile.head)).toEqual([hostile.base]);
  expect(await findMergeBase(clone.repository, hostile.base, hostile.head)).toBe(hostile.base);
  const files = await readDiff(clone.repository, hostile.base, hostile.head);
  expect(files.map(({ path, hunks }) => [path, hunks.length])).toEqual([
    [".gitattributes", 1],
    ["a.ts", 1],
    ["b.ts", 1],
  ]);
  expect(await readFileAt(clone.repository, hostile.head, "a.ts")).toEqual(Buffer.from("aa\n"));
  expect(await readFileAt(clone.repository, hostile.head, "none.ts")).toBeNull();
  expect(await hostile.sprung()).toEqual([]);
});

test("an object that is missing is asked of nobody", async () => {
  await using hostile = await createHostileClone();
  const blob = hostile.repository.git("rev-parse", `${hostile.head}:a.ts`);
  await rm(join(hostile.repository.directory, ".git/objects", blob.slice(0, 2), blob.slice(2)));
  await using clone = await openClone(hostile.repository.directory, signal);
  await expect(readDiff(clone.repository, hostile.base, hostile.head)).rejects.toMatchObject({
    code: "not_found",
  });
  expect(await readFileAt(clone.repository, hostile.head, "a.ts")).toBeNull();
  expect(await hostile.sprung()).toEqual([]);
});

test("replacements and grafts do not stand in for what was committed", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.ts": "a\n" });
  const head = await repository.commit({ "a.ts": "evil\n" });
  const [evil, good] = [repository.git("rev-parse", "HEAD:a.ts"), repository.git("rev-parse", "HEAD^:a.ts")];
  repository.git("replace", evil, good);
  repository.git("replace", head, base);
  await mkdir(join(repository.directory, ".git/info"), { recursive: true });
  await Bun.write(join(repository.directory, ".git/info/grafts"), `${head}\n`);
  await using clone = await openClone(repository.directory, signal);
  const sha = await findCommit(clone, "main");
  expect(sha).toBe(head);
  expect(await parentsOf(clone.repository, head)).toEqual([base]);
  const [file] = await readDiff(clone.repository, base, head);
  expect(file?.hunks[0]?.lines.map(({ text }) => text)).toEqual(["a", "evil"]);
});

test("borrowed objects are found, and a link out of the work tree is not followed", async () => {
  await using repository = await createTestRepository();
  const base = await repository.commit({ "a.ts": "a\n" });
  await using borrower = await createTestRepository();
  borrower.git("clone", "--quiet", "--shared", repository.directory, "inner");
  const inner = join(borrower.directory, "inner");
  await symlink("/etc/passwd", join(inner, "passwd"));
  borrower.git("-C", inner, "add", "passwd");
  borrower.git("-C", inner, "commit", "--quiet", "--message=link");
  const head = borrower.git("-C", inner, "rev-parse", "HEAD");
  await using clone = await openClone(inner, signal);
  expect(await readDiff(clone.repository, base, head)).toMatchObject([
    { path: "passwd", omitted: "symlink" },
  ]);
  expect(await readFileAt(clone.repository, head, "passwd")).toEqual(Buffer.from("/etc/passwd"));
  expect(await readFileAt(clone.repository, head, "../a.ts")).toBeNull();
});
