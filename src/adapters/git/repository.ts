/**
 * A repository reviewd reads from: a temporary bare folder of our own, so that no configuration, attribute,
 * hook, replacement or index of what is reviewed is ever in force. Its objects may be borrowed from a clone.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { type BlobReader, createBlobReader } from "./blob-reader.ts";
import { type GitCall, gitOutput } from "./run-git.ts";

export type ObjectFormat = "sha1" | "sha256";
/** What every command on a repository is run with: where the objects are, how the server lets us in. */
export type RepositoryAccess = Pick<GitCall, "environment" | "config" | "secrets">;

export interface Repository extends AsyncDisposable {
  /** The bare folder; it goes when the repository is disposed, and so does every process on it. */
  readonly gitDir: string;
  readonly objectFormat: ObjectFormat;
  readonly access: RepositoryAccess;
  readonly blobs: BlobReader;
  /** Ends everything that is done with the repository. */
  readonly signal: AbortSignal;
}

/** Largest file read or compared (bytes); git takes larger ones as binary without loading them. */
export const maxFileBytes = 16 * 1024 * 1024;

/** The tree without entries; git knows it without having it. A root commit is compared with it. */
export const emptyTree: Readonly<Record<ObjectFormat, string>> = {
  sha1: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  sha256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
};

/** Makes the empty bare folder. @throws ReviewdError invalid_input when git is missing or older than 2.39. */
export async function createRepository(
  objectFormat: ObjectFormat,
  access: RepositoryAccess,
  signal: AbortSignal,
): Promise<Repository> {
  await requireGit(signal);
  await using cleanup = new AsyncDisposableStack();
  const gitDir = await mkdtemp(join(tmpdir(), "reviewd-git-"));
  cleanup.defer(() => rm(gitDir, { recursive: true, force: true }));
  const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${objectFormat}`, gitDir];
  await gitOutput({ args, signal, deadlineMs: 30_000 });

  const ownAccess = {
    ...access,
    environment: { ...access.environment, GIT_DIR: gitDir },
    config: [["core.bigFileThreshold", String(maxFileBytes)] as const, ...(access.config ?? [])],
  };
  const blobs = cleanup.use(createBlobReader({ ...ownAccess, signal }));
  const kept = cleanup.move();
  return {
    gitDir,
    objectFormat,
    access: ownAccess,
    blobs,
    signal,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** True for a full object id, the only name of a commit that is taken from outside. */
export function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** @param version what `git --version` prints, e.g. `git version 2.39.5 (Apple Git-154)` */
export function isSupportedVersion(version: string): boolean {
  const [, major = "0", minor = "0"] = /^git version (\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 39);
}

/** safe.directory from the environment and NUL-separated requests to cat-file came with git 2.38. */
async function requireGit(signal: AbortSignal): Promise<void> {
  const stdout = await gitOutput({ args: ["--version"], signal, deadlineMs: 30_000 });
  const version = new TextDecoder().decode(stdout).trim();
  if (isSupportedVersion(version)) return;
  throw new ReviewdError("invalid_input", `git 2.39 or newer is needed; this is "${version}"`);
}
