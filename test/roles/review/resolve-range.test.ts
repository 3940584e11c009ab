import { expect, test } from "bun:test";
import { join } from "node:path";
import { openClone } from "../../../src/adapters/git/open-clone.ts";
import { emptyTree } from "../../../src/adapters/git/repository.ts";
import { type ResolvedRange, resolveRange } from "../../../src/roles/review/resolve-range.ts";
import { createTestRepository, type TestRepository } from "../../adapters/git/test-repository.ts";

const { signal } = new AbortController();

async function resolve(directory: string, text: string | null): Promise<Omit<ResolvedRange, "target">> {
  await using clone = await openClone(directory, signal);
  const { target: _, ...range } = await resolveRange(clone, text);
  return range;
}

async function targetOf(directory: string, text: string | null): Promise<string> {
  await using clone = await openClone(directory, signal);
  return (await resolveRange(clone, text)).target;
}

interface Branches {
  readonly root: string;
  readonly fork: string;
  readonly ahead: string;
  readonly work: string;
}

/** main: root ── fork ── ahead; feature, checked out: fork ── work */
async function commitBranches(repository: TestRepository): Promise<Branches> {
  const root = await repository.commit({ "a.ts": "1\n" });
  const fork = await repository.commit({ "a.ts": "2\n" });
  const ahead = await repository.commit({ "a.ts": "3\n" });
  repository.git("checkout", "--quiet", "-b", "feature", fork);
  const work = await repository.commit({ "b.ts": "1\n" });
  return { root, fork, ahead, work };
}

test("two dots compare the two commits, three start where they parted, an empty side is HEAD", async () => {
  await using repository = await createTestRepository();
  const { root, fork, ahead, work } = await commitBranches(repository);
  const ranges = ["main..feature", "main...feature", "main...", "..main", `${root}..main~1`, "HEAD^.."];
  const resolved = await Promise.all(ranges.map((text) => resolve(repository.directory, text)));
  expect(resolved).toEqual([
    { name: "main..feature", base: ahead, head: work },
    { name: "main...feature", base: fork, head: work },
    { name: "main...", base: fork, head: work },
    { name: "..main", base: work, head: ahead },
    { name: `${root}..main~1`, base: root, head: fork },
    { name: "HEAD^..", base: fork, head: work },
  ]);
});

test("whose configuration counts is what the change goes to, as it is by now", async () => {
  await using repository = await createTestRepository();
  const { root, fork, ahead } = await commitBranches(repository);
  const ranges = ["main..feature", "main...feature", null, "feature", root];
  const targets = await Promise.all(ranges.map((text) => targetOf(repository.directory, text)));
  expect(targets).toEqual([ahead, ahead, ahead, fork, emptyTree.sha1]);
});

test("a commit is compared with its first parent, a root commit with nothing", async () => {
  await using repository = await createTestRepository();
  const { root, ahead, work } = await commitBranches(repository);
  repository.git("merge", "--quiet", "--no-edit", "main");
  const merge = repository.git("rev-parse", "HEAD");
  const { directory } = repository;
  expect(await resolve(directory, "HEAD")).toEqual({ name: "HEAD^..HEAD", base: work, head: merge });
  expect((await resolve(directory, "HEAD^2")).head).toBe(ahead);
  expect(await resolve(directory, root)).toMatchObject({ base: emptyTree.sha1, head: root });
});

test("without a range: what HEAD has and its target has not, else the last commit", async () => {
  await using repository = await createTestRepository();
  const { fork, ahead, work } = await commitBranches(repository);
  const { directory, git } = repository;
  expect(await resolve(directory, null)).toEqual({ name: "main...HEAD", base: fork, head: work });
  git("checkout", "--quiet", "main");
  expect(await resolve(directory, null)).toEqual({ name: "HEAD^..HEAD", base: fork, head: ahead });
  git("checkout", "--quiet", "--detach", "feature");
  expect(await resolve(directory, null)).toMatchObject({ name: "main...HEAD", base: fork, head: work });
});

test("the target is origin's default branch, or an upstream that is another branch", async () => {
  await using repository = await createTestRepository();
  const { root, fork, work } = await commitBranches(repository);
  const { git } = repository;
  git("branch", "release", root);
  git("branch", "-m", "main", "trunk");
  git("symbolic-ref", "HEAD", "refs/heads/trunk");
  git("clone", "--quiet", ".", "clone");
  const directory = join(repository.directory, "clone");
  git("-C", directory, "checkout", "--quiet", "feature");
  expect(git("-C", directory, "rev-parse", "--abbrev-ref", "@{upstream}")).toBe("origin/feature");
  expect(await resolve(directory, null)).toEqual({ name: "origin/trunk...HEAD", base: fork, head: work });
  git("-C", directory, "branch", "--quiet", "--set-upstream-to=origin/release");
  expect(await resolve(directory, null)).toEqual({ name: "origin/release...HEAD", base: root, head: work });
});

test("a repository without a known default branch is reviewed by its last commit", async () => {
  await using repository = await createTestRepository();
  await commitBranches(repository);
  repository.git("branch", "-D", "main");
  expect(await resolve(repository.directory, null)).toMatchObject({ name: "HEAD^..HEAD" });
});

test("what is not there is named", async () => {
  await using repository = await createTestRepository();
  await expect(resolve(repository.directory, null)).rejects.toThrow("there is no commit yet");
  await commitBranches(repository);
  for (const text of ["nope", "main..nope", "nope...main", "HEAD:a.ts", "--all", "main....feature"]) {
    await expect(resolve(repository.directory, text)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/^unknown revision: [^;]+$/),
    });
  }
  repository.git("checkout", "--quiet", "--orphan", "other");
  await repository.commit({ "c.ts": "1\n" });
  for (const text of [null, "main...other"]) {
    await expect(resolve(repository.directory, text)).rejects.toThrow("have no common ancestor here");
  }
});

test("a shallow clone that lacks the base says how to get it", async () => {
  await using repository = await createTestRepository();
  const { fork } = await commitBranches(repository);
  const { directory, git } = repository;
  git("clone", "--quiet", "--depth=1", "--no-single-branch", `file://${directory}`, "shallow");
  const shallow = join(directory, "shallow");
  for (const text of [null, "HEAD", "origin/main...HEAD", `${fork}..HEAD`]) {
    await expect(resolve(shallow, text)).rejects.toThrow("git fetch --unshallow");
  }
});
