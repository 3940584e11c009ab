/** What a configuration says about which pull requests are reviewed, from what is stored of it: for whoever cannot read the file. */
import type { StoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import type { GateRules } from "../task/review-gate.ts";
import { defaultConfiguration } from "./configuration.ts";
import { layerConfiguration } from "./layer-configuration.ts";
import { readStoredSettings } from "./review-settings.ts";

/** Null: the file may have changed since it was read. One that was never read is taken for one that says nothing. */
export function gateRulesOf({ owner, repository }: StoredLayers): GateRules | null {
  if (repository && repository.staleAt !== null) return null;
  // Who reviews has no part in this, so it does not matter whether there is a model.
  const { values } = layerConfiguration(defaultConfiguration(false), [
    { origin: "owner", settings: readStoredSettings(owner) },
    { origin: "repository", settings: readStoredSettings(repository?.settings) },
  ]);
  return values;
}
