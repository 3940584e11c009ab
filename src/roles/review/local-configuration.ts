/** What a local review takes from the repository's own configuration: what is left out, and what is not said. */
import { readFileAt } from "../../adapters/git/read-file.ts";
import type { Repository } from "../../adapters/git/repository.ts";
import {
  type Configuration,
  defaultConfiguration,
  type FileProblem,
} from "../../domain/configuration/configuration.ts";
import { layerConfiguration } from "../../domain/configuration/layer-configuration.ts";
import { readSettings } from "../../domain/configuration/read-base.ts";

export interface LocalConfiguration {
  readonly path: string;
  /** Where it was read. */
  readonly commit: string;
  /** What is wrong with it; then nothing of it is followed. */
  readonly problems: readonly FileProblem[];
  /** What has no effect in it; all the rest is followed. */
  readonly warnings: readonly FileProblem[];
}

interface ReadConfiguration {
  readonly values: Configuration;
  /** Null: there is no file. */
  readonly configuration: LocalConfiguration | null;
}

/** @throws ReviewdError unavailable when git fails */
export async function readLocalConfiguration(
  repository: Repository,
  commit: string,
): Promise<ReadConfiguration> {
  const readFile = (path: string) => readFileAt(repository, commit, path);
  const read = await readSettings({ commitSha: commit, readFile });
  if (read === null) return withoutConfiguration;
  const { path } = read;
  if ("problems" in read) {
    const configuration = { path, commit, problems: read.problems, warnings: [] };
    return { ...withoutConfiguration, configuration };
  }
  const { settings, warnings } = read;
  const { values } = layerConfiguration(defaultConfiguration(false), [{ origin: "repository", settings }]);
  return { values, configuration: { path, commit, problems: [], warnings } };
}

export const withoutConfiguration: ReadConfiguration = {
  values: defaultConfiguration(false),
  configuration: null,
};
