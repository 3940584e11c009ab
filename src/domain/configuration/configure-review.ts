/** Finds out how a pull request is to be reviewed, from its base commit and its owner's settings. */
import { defaultConfiguration, type EffectiveConfiguration, type Origin } from "./configuration.ts";

/** @param offersModel whether the operator set up a model */
export function configureReview(offersModel: boolean, commitSha: string): EffectiveConfiguration {
  const values = defaultConfiguration(offersModel);
  const origins = Object.fromEntries(
    Object.keys(values).map((key): [string, Origin] => [key, "default"]),
  ) as EffectiveConfiguration["origins"];
  return { values, origins, path: null, commitSha, problems: [], guidance: null };
}
