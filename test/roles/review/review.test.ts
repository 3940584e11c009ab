import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usage } from "../../../src/roles/review/arguments.ts";
import { createTestRepository, type TestRepository } from "../../adapters/git/test-repository.ts";
import { eventually } from "../../support/eventually.ts";

const main = join(import.meta.dir, "../../../src/main.ts");

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = Bun.spawn([process.execPath, main, "review", ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env.PATH ?? "", ...options.env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

const clean = "export const one = 1;\n";
/** A merge that was never finished: of high severity, in any file. */
const conflicted = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n";

async function createConflict(): Promise<TestRepository> {
  const repository = await createTestRepository();
  await repository.commit({ "a.md": clean });
  await repository.commit({ "a.md": `${clean}${conflicted}`, "logo.png": "\0" });
  return repository;
}

test("findings are printed and decide the exit code", async () => {
  await using repository = await createConflict();
  const repo = ["--repo", repository.directory];
  const found = await run([...repo, "HEAD^..HEAD"]);
  expect(found).toMatchObject({ exitCode: 1, stderr: "" });
  expect(found.stdout).toMatch(/^(critical|high) +a\.md:2/);
  expect(found.stdout).toContain("not reviewed, binary: logo.png\n");
  expect(found.stdout).not.toContain("\u001b");
  expect((await run([...repo, "--fail-on=none"])).exitCode).toBe(0);
  expect((await run([...repo, "HEAD^"])).stdout).toContain("no findings");

  const json = JSON.parse((await run([...repo, "--format=json"])).stdout);
  expect(json).toMatchObject({ failed: true, reviewed: ["a.md"], range: { name: "HEAD^..HEAD" } });
  const sarif = JSON.parse((await run([...repo, "--format=sarif"])).stdout);
  expect(sarif.runs[0].results.length).toBe(json.findings.length);
});

test("what the repository leaves out is left out, by the file of what the change goes to", async () => {
  await using repository = await createTestRepository();
  const { git } = repository;
  const file = (text: string) => ({ ".reviewd.yml": text });
  await repository.commit({ "a.md": clean });
  git("checkout", "--quiet", "-b", "work");
  await repository.commit({
    "a.md": conflicted,
    "old/b.md": conflicted,
    "c.js": "debugger;\n",
    ...file("exclude: [a.md]\n"),
  });
  git("checkout", "--quiet", "main");
  await repository.commit(file("exclude: [old/]\ndisabled_rules: [javascript/debugger, js/debugger]\n"));
  const found = async (...args: string[]) => {
    const { stdout } = await run(["--repo", repository.directory, "--format=json", "main...work", ...args]);
    const { findings, notReviewed, ...report } = JSON.parse(stdout);
    const paths = findings.map(({ path }: { path: string }) => path);
    return { paths, notReviewed, ...report };
  };
  const all = ["a.md", "old/b.md", "c.js"];
  expect(await found("--no-config")).toMatchObject({ paths: all, configuration: null });
  expect(await found()).toMatchObject({
    paths: ["a.md"],
    notReviewed: expect.arrayContaining([{ path: "old/b.md", reason: "excluded" }]),
    configuration: {
      commit: git("rev-parse", "main"),
      problems: [],
      warnings: [{ line: 2, message: expect.stringContaining('no rule "js/debugger"') }],
    },
  });

  await repository.commit(file("exclude: [old/]\ndraft: true\n"));
  const problems = [{ line: 2, message: 'there is no setting "draft"; did you mean "drafts"?' }];
  expect(await found()).toMatchObject({ paths: all, configuration: { problems } });

  await repository.commit(file("severity_threshold: critical\n"));
  expect(await found()).toMatchObject({ paths: [], failed: false, belowThreshold: 3 });
});

test("a file of the head or the working tree that says something else is told not to count", async () => {
  await using repository = await createTestRepository();
  const { directory, git } = repository;
  const told = async (...args: string[]) => {
    const { stdout } = await run(["--repo", directory, "--format=json", ...args]);
    return JSON.parse(stdout).notFollowed;
  };
  const path = ".reviewd.yml";
  const base = await repository.commit({ [path]: "comment_budget: 3\n" });
  const same = await repository.commit({ [path]: "# as before\ncomment_budget: 3\n" });
  expect(await told(`${base}..${same}`)).toEqual([]);

  const head = await repository.commit({ [path]: "comment_budget: 4\n" });
  const ofHead = { path, commit: head, problems: [], warnings: [] };
  expect(await told(`${base}..${head}`)).toEqual([ofHead]);
  expect(await told(`${base}..${head}`, "--no-config")).toEqual([]);

  await Bun.write(join(directory, path), "draft: true\n");
  const problems = [{ line: 1, message: 'there is no setting "draft"; did you mean "drafts"?' }];
  expect(await told(`${base}..${head}`)).toEqual([ofHead, { path, commit: null, problems, warnings: [] }]);
  expect(await told(`${base}..${same}`)).toEqual([]);

  await rm(join(directory, path));
  await symlink("/etc/passwd", join(directory, path));
  expect(await told(`${base}..${head}`)).toEqual([ofHead]);
  expect((await run(["--repo", git("rev-parse", "--absolute-git-dir"), `${base}..${head}`])).exitCode).toBe(
    0,
  );
});

/** Root reads what nobody may. */
test.if(process.getuid?.() !== 0)(
  "a file of the working tree that may not be read fails no review",
  async () => {
    await using repository = await createTestRepository();
    const path = ".reviewd.yml";
    const base = await repository.commit({ [path]: "comment_budget: 3\n" });
    const head = await repository.commit({ "a.md": clean });
    await chmod(join(repository.directory, path), 0);
    const { stdout, exitCode } = await run([
      "--repo",
      repository.directory,
      "--format=json",
      `${base}..${head}`,
    ]);
    const problems = [{ line: 1, message: "it cannot be read: EACCES" }];
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).notFollowed).toEqual([{ path, commit: null, problems, warnings: [] }]);
  },
);

test("of a line with two rules, only the one that is not there is told to be without effect", async () => {
  await using repository = await createTestRepository();
  await repository.commit({ ".reviewd.yml": "disabled_rules: [javascript/evall, javascript/debugger]\n" });
  await repository.commit({ "c.js": "debugger;\n" });
  const { stdout } = await run(["HEAD"], { cwd: repository.directory });
  expect(stdout).toStartWith("no findings");
  expect(stdout).toContain(
    '\n  on line 1, without effect: disabled_rules: there is no rule "javascript/evall"; did you mean "javascript/eval"?\n',
  );
});

test("only lines the range added are spoken of", async () => {
  await using repository = await createTestRepository();
  await repository.commit({ "a.md": `${conflicted}end\n` });
  await repository.commit({ "a.md": `${conflicted}the end\n` });
  const { exitCode, stdout } = await run(["HEAD"], { cwd: repository.directory });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("no findings") });
});

test("wrong usage, no repository and no such revision exit 2 and say so", async () => {
  await using repository = await createConflict();
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-none-"));
  const cases = [
    [["--repo", folder], /^reviewd review: not a git repository: .*none/],
    [["--repo", join(folder, "missing")], /^reviewd review: no such folder: /],
    [["--repo", repository.directory, "nope"], /^reviewd review: unknown revision: nope\n$/],
    [["--repo", repository.directory, "a", "b"], /^reviewd: review takes one range/],
    [["--frmat"], /^reviewd: Unknown option '--frmat'/],
  ] as const;
  for (const [args, said] of cases) {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(said),
    });
  }
  await rm(folder, { recursive: true });
});

test("wrong usage is told with the command's own", async () => {
  const { stderr } = await run(["--frmat"]);
  expect(stderr).toEndWith(`\n\n${usage}\n`);
});

test("--help prints the usage", async () => {
  expect(await run(["--help"])).toEqual({ exitCode: 0, stdout: `${usage}\n`, stderr: "" });
});

test("without git it says what to install", async () => {
  const { exitCode, stderr } = await run([], { env: { PATH: "/nonexistent" } });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: "reviewd review: git is not installed: install git 2.39 or newer and have it on PATH\n",
  });
});

test("a terminal gets colour and progress, NO_COLOR takes the colour away", async () => {
  await using repository = await createConflict();
  await repository.commit({ "b.ts": clean });
  const onTerminal = async (env: Record<string, string>) => {
    let screen = "";
    await using terminal = new Bun.Terminal({
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        screen += new TextDecoder().decode(bytes);
      },
    });
    const child = Bun.spawn([process.execPath, main, "review", "HEAD~2..HEAD"], {
      cwd: repository.directory,
      env: { PATH: process.env.PATH ?? "", ...env },
      terminal,
    });
    await child.exited;
    return screen;
  };
  const coloured = await onTerminal({});
  expect(coloured).toContain("\r\u001b[Kreviewing 2/3 b.ts\r\u001b[K");
  expect(coloured).toContain("\u001b[31m");
  const plain = await onTerminal({ NO_COLOR: "1" });
  expect(plain).toContain("reviewing 2/3 b.ts");
  expect(plain).not.toContain("\u001b[31m");
});

test("a long report reaches a pipe whole, and a reader that leaves is no failure", async () => {
  await using repository = await createTestRepository();
  const names = Array.from(
    { length: 3_000 },
    (_, i) => [`${"long-name-".repeat(20)}${i}.png`, "\0"] as const,
  );
  const head = await repository.commit(Object.fromEntries(names));
  const { exitCode, stdout } = await run(["--repo", repository.directory, "--format=json", head]);
  expect([exitCode, JSON.parse(stdout).notReviewed.length]).toEqual([0, 3_000]);

  const shell = `"${process.execPath}" "${main}" review --repo "${repository.directory}" --format=json; echo "exit $?" >&2`;
  const piped = Bun.spawn(["sh", "-c", `(${shell}) | head -1`], { stdout: "pipe", stderr: "pipe" });
  expect(await new Response(piped.stderr).text()).toBe("exit 0\n");
});

test("a clone's configuration and attributes run nothing and hide nothing", async () => {
  await using repository = await createConflict();
  const { directory, git } = repository;
  const mark = join(directory, "mark");
  await Bun.write(join(directory, ".gitattributes"), "*.md diff=evil -text\n* filter=evil\n");
  for (const key of [
    "core.fsmonitor",
    "diff.external",
    "diff.evil.textconv",
    "filter.evil.clean",
    "core.pager",
  ]) {
    git("config", key, `touch ${mark}; true`);
  }
  const { exitCode, stdout } = await run(["HEAD"], { cwd: directory });
  expect(exitCode).toBe(1);
  expect(stdout).toContain("a.md:2");
  expect(await Bun.file(mark).exists()).toBe(false);
  git("status");
  expect(await Bun.file(mark).exists()).toBe(true);
});

test("odd files are reviewed or named, never a crash", async () => {
  await using repository = await createTestRepository();
  const { directory, git } = repository;
  const base = await repository.commit({
    "moved.ts": `${clean.repeat(20)}`,
    "old.ts": "gone\n",
    "script.sh": "echo\n",
    "end.ts": "export {}",
  });
  await symlink("/etc/passwd", join(directory, "link.ts"));
  await chmod(join(directory, "script.sh"), 0o755);
  const lines = Array.from({ length: 30_000 }, (_, i) => `export const line${i} = ${i};\n`).join("");
  await repository.commit({
    "moved.ts": null,
    "to/moved.ts": `${clean.repeat(20)}export const two = 2;\n`,
    "old.ts": null,
    "end.ts": "export const last = 1",
    "crlf.ts": "export const a = 1;\r\nexport const b = 2;\r\n",
    "long.ts": lines,
    "wide.json": `{"a":"${"x".repeat(5_000_000)}"}`,
    "bad-utf8.py": Uint8Array.from([0x61, 0x3d, 0x22, 0xff, 0xfe, 0x22, 0x0a]),
    "empty.ts": "",
    "logo.png": "\0",
    'sp ace "quoted".ts': clean,
    "日本語é.ts": clean,
    "-dash.ts": clean,
    "line\nbreak.ts": clean,
    "tab\t.ts": clean,
  });
  const { exitCode, stdout, stderr } = await run(["--repo", directory, "--format=json", `${base}..HEAD`]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const { reviewed, notReviewed } = JSON.parse(stdout);
  const reasons = Object.fromEntries(
    notReviewed.map(({ path, reason }: Record<string, string>) => [path, reason]),
  );
  expect(reasons).toMatchObject({
    "empty.ts": "no_changed_lines",
    "link.ts": "symlink",
    // More than is parsed of one file; its text was still looked through for secrets.
    "long.ts": "too_large",
    "logo.png": "binary",
    "old.ts": "deleted",
    "script.sh": "no_changed_lines",
  });
  expect(reviewed).toEqual(
    expect.arrayContaining([
      "-dash.ts",
      "bad-utf8.py",
      "crlf.ts",
      "end.ts",
      "line\nbreak.ts",
      'sp ace "quoted".ts',
      "tab\t.ts",
      "to/moved.ts",
      "日本語é.ts",
    ]),
  );
  const changed = git("diff", "--name-only", "-z", base, "HEAD")
    .split("\0")
    .filter((name) => name !== "");
  expect([...reviewed, ...Object.keys(reasons)].sort()).toEqual(changed.sort());
});

test("a signal ends it without a trace left", async () => {
  await using repository = await createConflict();
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-stop-"));
  const lines = Array.from({ length: 400 }, (_, i) => [`f${i}.ts`, clean.repeat(500)] as const);
  const head = await repository.commit(Object.fromEntries(lines));
  const child = Bun.spawn([process.execPath, main, "review", "--repo", repository.directory, head], {
    env: { PATH: process.env.PATH ?? "", TMPDIR: folder },
    stdout: "pipe",
    stderr: "pipe",
  });
  const opened = () => [...new Bun.Glob("reviewd-git-*/HEAD").scanSync(folder)];
  await eventually(() => expect(opened()).not.toEqual([]));
  child.kill("SIGTERM");
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toBe("reviewd review: stopped\n");
  expect(opened()).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});
