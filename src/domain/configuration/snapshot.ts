/** The configuration that a task was stored with: what its review goes by, whatever was changed since. */
import {
  type ConfigurationProblem,
  defaultConfiguration,
  type EffectiveConfiguration,
  type Origin,
} from "./configuration.ts";
import { configurationKeys } from "./review-settings.ts";

type Stored = Partial<EffectiveConfiguration>;

/** Null: none was stored. Settings that a later version of reviewd came with have their defaults. */
export function readSnapshot(stored: unknown, offersModel: boolean): EffectiveConfiguration | null {
  // Written by storeConfiguration alone, maybe by an older version of it.
  const { values, origins, path, commitSha, problems, warnings, guidance } = (stored ?? {}) as Stored;
  if (!values || commitSha === undefined) return null;
  const unsaid = Object.fromEntries(configurationKeys.map((key): [string, Origin] => [key, "default"]));
  const none: readonly ConfigurationProblem[] = [];
  return {
    values: { ...defaultConfiguration(offersModel), ...values },
    origins: { ...unsaid, ...origins } as EffectiveConfiguration["origins"],
    path: path ?? null,
    commitSha,
    problems: problems ?? none,
    warnings: warnings ?? none,
    guidance: guidance ?? null,
  };
}
