/**
 * A clone on this machine, whoever made it. Only `rev-parse` runs in it, to find names; objects are read
 * through a bare folder of our own, so that nothing the clone is configured with is ever run.
 */
import { copyFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { createRepository, isObjectId, type Repository } from "./repository.ts";
import { type GitResult, runGit } from "./run-git.ts";

export interface Clone extends AsyncDisposable {
  readonly directory: string;
  readonly repository: Repository;
  /** History ends early: a commit's parents may be missing. */
  readonly shallow: boolean;
}

/** @throws ReviewdError invalid_input when the folder is not in a git repository. */
export async function openClone(directory: string, signal: AbortSignal): Promise<Clone> {
  const absolute = resolve(directory);
  const isFolder = await stat(absolute).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new ReviewdError("invalid_input", `no such folder: ${directory}`);

  const objects = await findPath(absolute, "objects", signal);
  const shallowFile = await findPath(absolute, "shallow", signal);
  const format = await revParse(absolute, ["--show-object-format"], signal);
  const objectFormat = textOf(format.stdout) === "sha256" ? "sha256" : "sha1";
  await using cleanup = new AsyncDisposableStack();
  const access = { environment: { GIT_OBJECT_DIRECTORY: objects } };
  const repository = cleanup.use(await createRepository(objectFormat, access, signal));
  const shallow = await Bun.file(shallowFile).exists();
  if (shallow) await copyFile(shallowFile, join(repository.gitDir, "shallow"));
  const kept = cleanup.move();
  return { directory: absolute, repository, shallow, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The commit a revision names, in git's own notation (`main`, `HEAD~3`, `v1.0`, …); null when there is none. */
export async function findCommit(clone: Clone, revision: string): Promise<string | null> {
  const named = await findId(clone, revision);
  // Not in one step: to `:/some message` a suffix is part of the message.
  return named === null ? null : await findId(clone, `${named}^{commit}`);
}

async function findId(clone: Clone, revision: string): Promise<string | null> {
  const args = ["--verify", "--quiet", "--end-of-options", revision];
  const { exitCode, stdout } = await revParse(clone.directory, args, clone.repository.signal);
  const id = textOf(stdout);
  return exitCode === 0 && isObjectId(id) ? id : null;
}

/** The short name a symbolic reference points to, e.g. `origin/main` for `origin/HEAD`; null when it does not. */
export async function findSymbolicName(clone: Clone, reference: string): Promise<string | null> {
  const args = ["--verify", "--quiet", "--abbrev-ref", "--end-of-options", reference];
  const { exitCode, stdout } = await revParse(clone.directory, args, clone.repository.signal);
  const name = textOf(stdout);
  return exitCode === 0 && name !== "" && name !== reference ? name : null;
}

/** The folder files are checked out to; null where there is none, as in a bare clone. */
export async function findWorkTree(clone: Clone): Promise<string | null> {
  const { exitCode, stdout } = await revParse(
    clone.directory,
    ["--path-format=absolute", "--show-toplevel"],
    clone.repository.signal,
  );
  return exitCode === 0 ? textOf(stdout) : null;
}

async function findPath(directory: string, name: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await revParse(
    directory,
    ["--path-format=absolute", "--git-path", name],
    signal,
  );
  if (exitCode === 0) return textOf(stdout);
  const reason = stderr.includes("not a git repository") ? "" : `: ${stderr.trim()}`;
  throw new ReviewdError("invalid_input", `not a git repository: ${directory}${reason}`);
}

async function revParse(directory: string, args: readonly string[], signal: AbortSignal): Promise<GitResult> {
  return await runGit({
    args: ["-C", directory, "rev-parse", ...args],
    environment: { GIT_NO_LAZY_FETCH: "1" },
    signal,
    deadlineMs: 30_000,
  });
}

/** What was printed, without the one line feed at its end: a folder's name may end with another. */
function textOf(output: Uint8Array): string {
  return new TextDecoder().decode(output).replace(/\n$/, "");
}
