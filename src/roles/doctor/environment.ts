/** The variables that doctor was given, each as something to look at or as a reason why there is nothing. */
import { type Config, inspectConfig } from "../../config.ts";
import { settings } from "../../settings.ts";
import { failed, type Given, skipped } from "./check.ts";

export type DoctorEnvironment = ReturnType<typeof inspectConfig<"doctor">>;
type DoctorKey = keyof Config<"doctor">;

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): DoctorEnvironment {
  return inspectConfig("doctor", env);
}

export function need<Key extends DoctorKey>(
  { values, problems }: DoctorEnvironment,
  key: Key,
): Given<NonNullable<Config<"doctor">[Key]>> {
  const problem = problems.get(key);
  if (problem !== undefined) return { verdict: failed(problem, null) };
  const value = values[key];
  if (value === undefined || value === null)
    return { verdict: skipped(`${settings[key].name} is not set here`) };
  return { value };
}
