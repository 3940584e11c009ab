/** Puts the layers of a configuration on top of each other, and keeps which one each value is from. Pure. */
import type { Configuration, EffectiveConfiguration, Origin } from "./configuration.ts";
import { configurationKeys, type ReviewSettings, settingNames } from "./review-settings.ts";

export interface Layer {
  readonly origin: Exclude<Origin, "default" | "task">;
  readonly settings: ReviewSettings;
}

export type Layered = Pick<EffectiveConfiguration, "values" | "origins">;

/**
 * The last layer that says something decides, with two exceptions: instructions of all layers are followed, the first
 * layer's first; and what an owner has set about forks can only be made stricter, since the owner pays for them.
 */
export function layerConfiguration(defaults: Configuration, layers: readonly Layer[]): Layered {
  const decided = configurationKeys.map((key) => [key, decide(key, defaults, layers)] as const);
  const pick = (part: keyof Decided) => Object.fromEntries(decided.map(([key, one]) => [key, one[part]]));
  // Every key is there, with a value that the schema has validated under the same key's name.
  return { values: pick("value"), origins: pick("origin") } as unknown as Layered;
}

interface Decided {
  readonly value: Configuration[keyof Configuration];
  readonly origin: Origin;
}

function decide(key: keyof Configuration, defaults: Configuration, layers: readonly Layer[]): Decided {
  const said = layers.flatMap(({ origin, settings }): Decided[] => {
    const value = settings[settingNames[key]];
    return value === undefined ? [] : [{ value, origin }];
  });
  const last = said.at(-1);
  if (!last) return { value: defaults[key], origin: "default" };
  if (key === "instructions") {
    return { ...last, value: layers.flatMap(({ settings }) => settings.instructions ?? []) };
  }
  const byOwner = said.find(({ origin }) => origin === "owner");
  return byOwner && isLooser(key, last.value, byOwner.value) ? byOwner : last;
}

const forkPolicies: readonly unknown[] = ["off", "members", "all"] satisfies Configuration["forks"][];

function isLooser(key: keyof Configuration, value: Decided["value"], limit: Decided["value"]): boolean {
  if (key === "forks") return forkPolicies.indexOf(value) > forkPolicies.indexOf(limit);
  return key === "forkReviewsPerDay" && Number(value) > Number(limit);
}
