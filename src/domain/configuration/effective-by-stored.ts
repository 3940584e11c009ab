/** What is in force on a base branch by what is stored of it, for whoever cannot read the file. */
import type { StoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import { defaultConfiguration } from "./configuration.ts";
import { type Layered, layerConfiguration } from "./layer-configuration.ts";
import { readStoredSettings } from "./review-settings.ts";

/** Who reviews where nobody says so depends on whether there is a model, which is not known here. */
export function effectiveByStored({ owner, repository }: StoredLayers): Layered {
  return layerConfiguration(defaultConfiguration(false), [
    { origin: "owner", settings: readStoredSettings(owner) },
    { origin: "repository", settings: readStoredSettings(repository?.settings) },
  ]);
}
