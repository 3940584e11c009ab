/** A real git repository in a temporary folder, for tests that read one. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TestRepository extends AsyncDisposable {
  readonly directory: string;
  /** Runs git in the folder and gives what it printed, trimmed. */
  readonly git: (...args: string[]) => string;
  /** Writes files (null removes one), commits everything and gives the commit's id. */
  readonly commit: (files: Readonly<Record<string, string | Uint8Array | null>>) => Promise<string>;
}

const environment = {
  PATH: process.env.PATH ?? "",
  HOME: "/dev/null",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};

function runTestGit(directory: string, ...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], { cwd: directory, env: environment });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

/** @param options for `git init`, e.g. `--object-format=sha256` */
export async function createTestRepository(...options: string[]): Promise<TestRepository> {
  const directory = await mkdtemp(join(tmpdir(), "reviewd-test-git-"));
  const git = (...args: string[]) => runTestGit(directory, ...args);
  git("init", "--quiet", "--initial-branch=main", ...options);
  return {
    directory,
    git,
    commit: async (files) => {
      for (const [path, content] of Object.entries(files)) await put(join(directory, path), content);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message=change");
      return git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function put(path: string, content: string | Uint8Array | null): Promise<void> {
  if (content === null) return await rm(path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
