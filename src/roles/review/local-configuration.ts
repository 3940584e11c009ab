/** What a local review takes from the repository's own configuration: what is left out, and what is not said. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { type Clone, findCommit, findWorkTree } from "../../adapters/git/open-clone.ts";
import { readFileAt } from "../../adapters/git/read-file.ts";
import {
  type Configuration,
  defaultConfiguration,
  type FileProblem,
} from "../../domain/configuration/configuration.ts";
import { layerConfiguration } from "../../domain/configuration/layer-configuration.ts";
import { type ReadSettings, readSettings } from "../../domain/configuration/read-base.ts";
import { ReviewdError } from "../../errors.ts";
import type { ResolvedRange } from "./resolve-range.ts";

/** More than a configuration may have, so that a larger file is told to be too large. */
const maxReadBytes = 1_000_000;

export interface LocalConfiguration {
  readonly path: string;
  /** Where it was read. */
  readonly commit: string;
  /** What is wrong with it; then nothing of it is followed. */
  readonly problems: readonly FileProblem[];
  /** What has no effect in it; all the rest is followed. */
  readonly warnings: readonly FileProblem[];
}

/** A file that says something else than the one that is followed, and is told not to count. */
export interface UnfollowedConfiguration {
  readonly path: string;
  /** Null: the working tree. */
  readonly commit: string | null;
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
}

interface ReadConfiguration {
  readonly values: Configuration;
  /** Null: there is no file. */
  readonly configuration: LocalConfiguration | null;
  readonly unfollowed: readonly UnfollowedConfiguration[];
}

/** @throws ReviewdError unavailable when git fails */
export async function readLocalConfiguration(
  clone: Clone,
  { target, head }: Pick<ResolvedRange, "target" | "head">,
): Promise<ReadConfiguration> {
  const readAt = (commit: string) =>
    readSettings({ commitSha: commit, readFile: (path) => readFileAt(clone.repository, commit, path) });
  const read = await readAt(target);
  const ofHead = await readAt(head);
  const isCheckedOut = (await findCommit(clone, "HEAD")) === head;
  const ofWorkTree = isCheckedOut ? await readWorkTree(clone) : null;
  const unfollowed = [
    ...(isSame(ofHead, read) ? [] : toUnfollowed(ofHead, head)),
    ...(isSame(ofWorkTree, read) || isSame(ofWorkTree, ofHead) ? [] : toUnfollowed(ofWorkTree, null)),
  ];
  if (read === null) return { ...withoutConfiguration, unfollowed };
  const { path } = read;
  if ("problems" in read) {
    const configuration = { path, commit: target, problems: read.problems, warnings: [] };
    return { ...withoutConfiguration, configuration, unfollowed };
  }
  const { settings, warnings } = read;
  const { values } = layerConfiguration(defaultConfiguration(false), [{ origin: "repository", settings }]);
  return { values, configuration: { path, commit: target, problems: [], warnings }, unfollowed };
}

export const withoutConfiguration: ReadConfiguration = {
  values: defaultConfiguration(false),
  configuration: null,
  unfollowed: [],
};

async function readWorkTree(clone: Clone): Promise<ReadSettings | null> {
  const folder = await findWorkTree(clone);
  if (folder === null) return null;
  return await readSettings({ commitSha: "", readFile: (path) => readRegularFile(join(folder, path)) });
}

/**
 * Nothing is followed: whoever made the clone must not have another file shown. Null: there is no such file.
 * @throws ReviewdError invalid_input where it cannot be read, for which no review fails
 */
async function readRegularFile(path: string): Promise<Uint8Array | null> {
  try {
    const found = await lstat(path);
    return found.isFile() ? await Bun.file(path).slice(0, maxReadBytes).bytes() : null;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOENT") return null;
    throw new ReviewdError("invalid_input", `it cannot be read: ${error.code}`, { cause: error });
  }
}

/** By what they say: comments and order are nothing that could be followed. */
function isSame(one: ReadSettings | null, other: ReadSettings | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function toUnfollowed(read: ReadSettings | null, commit: string | null): readonly UnfollowedConfiguration[] {
  if (read === null) return [];
  const { path } = read;
  if ("problems" in read) return [{ path, commit, problems: read.problems, warnings: [] }];
  return [{ path, commit, problems: [], warnings: read.warnings }];
}
