/**
 * What of a configuration nothing follows where no language model is set up. It makes no file invalid: the same file may
 * be there for a reviewd that has one.
 */
import type { ReviewSettings } from "./review-settings.ts";

const modelSettings = [
  "model",
  "effort",
  "instructions",
] as const satisfies readonly (keyof ReviewSettings)[];

export interface IdleSetting {
  readonly name: (typeof modelSettings)[number];
  readonly message: string;
}

export function findIdleModelSettings(settings: ReviewSettings): readonly IdleSetting[] {
  const said = modelSettings.filter((name) => settings[name] !== undefined && settings[name].length > 0);
  return said.map((name) => ({ name, message: `${name}: no language model is set up on this reviewd` }));
}
