/** What each role reads of the environment. The only place that looks into it; the variables are in settings.ts. */
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { type ModelKey, type ModelValues, modelProblems, modelSettings } from "./model-settings.ts";
import type { Setting } from "./setting.ts";
import { settings } from "./settings.ts";

export type SettingKey = keyof typeof settings;
type Values = { readonly [Key in SettingKey]: z.output<(typeof settings)[Key]["schema"]> };

const everyRole = ["databaseUrl", "logLevel", "metricsPort"] as const;
const githubApp = ["githubApiUrl", "githubAppId", "githubAppPrivateKey"] as const;
const serveOnly = ["port", "githubApiUrl", "ownerMaxRunning", "taskMaxAttempts"] as const;
const dispatcherOnly = [
  "listenDatabaseUrl",
  "dispatcherConcurrency",
  "leaseSecs",
  "shutdownGraceSecs",
  "taskMaxAttempts",
] as const;
const pollerOnly = [
  "pollerIntervalSecs",
  "pollerWindowDays",
  "pollerTiers",
  "pollerMaxPointsPerHour",
] as const;
const syncerOnly = [
  "syncerIntervalSecs",
  "deliveryRetentionDays",
  "taskRetentionDays",
  "recordRetentionDays",
  "ownerMaxRunning",
  "taskMaxAttempts",
] as const;
// Their keys are what the dispatcher holds and nobody else.
const models = Object.keys(modelSettings) as ModelKey[];
/** What `up` can do without: it starts a Postgres, makes keys, and only serves where there is no App. */
const ifAny = [
  "databaseUrlIfAny",
  "githubAppIdIfAny",
  "githubAppPrivateKeyIfAny",
  "githubWebhookSecretsIfAny",
  "markerKeysIfAny",
] as const;

/** What each role reads; a role holds no secret that is not named here. */
export const roleSettings = {
  serve: [...everyRole, ...serveOnly, "githubWebhookSecrets"],
  dispatcher: [...everyRole, ...githubApp, ...dispatcherOnly, "markerKeys", ...models],
  poller: [...everyRole, ...githubApp, ...pollerOnly],
  syncer: [...everyRole, ...githubApp, ...syncerOnly],
  migrate: ["databaseUrl", "logLevel"],
  up: [
    "logLevel",
    "metricsPort",
    "dataDir",
    ...ifAny,
    ...serveOnly,
    ...dispatcherOnly,
    ...pollerOnly,
    ...syncerOnly,
    ...models,
  ],
  token: ["databaseUrl", "logLevel"],
  replay: ["databaseUrl"],
  // Looks at what is there, whichever role's environment it is started in.
  doctor: ["githubApiUrl", "listenDatabaseUrl", ...ifAny, ...models],
} as const satisfies Record<string, readonly SettingKey[]>;

export type ConfiguredRole = keyof typeof roleSettings;
export type Config<Role extends ConfiguredRole> = Pick<Values, (typeof roleSettings)[Role][number]>;

/** Variables a role refuses to be given, because holding them would break promise 5. */
const refused: Partial<Record<ConfiguredRole, readonly SettingKey[]>> = {
  serve: ["githubAppPrivateKey", "markerKeys", ...models.filter((key) => settings[key].secret)],
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration cannot be used; the message lists every problem, one a line, and no secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads a role's slice of the environment.
 * @throws ConfigError naming every variable that is missing, malformed or refused.
 */
export function loadConfig<Role extends ConfiguredRole>(role: Role, env: Environment): Config<Role> {
  const { values, problems } = inspectConfig(role, env);
  if (problems.size > 0) {
    throw new ConfigError(
      `reviewd ${role}: the configuration has ${problems.size === 1 ? "a problem" : `${problems.size} problems`}:\n${[...problems.values()].map((p) => `  ${p}`).join("\n")}`,
    );
  }
  // Each key was put there by its own schema, which is what Config<Role> says.
  return values as unknown as Config<Role>;
}

/** What can be read of the slice, and what is wrong with the rest, by setting: for a command that reports on it. */
export function inspectConfig<Role extends ConfiguredRole>(
  role: Role,
  env: Environment,
): { readonly values: Partial<Config<Role>>; readonly problems: ReadonlyMap<SettingKey, string> } {
  const problems = new Map<SettingKey, string>();
  const values: Partial<Record<SettingKey, unknown>> = {};
  const keys: readonly SettingKey[] = [...new Set<SettingKey>(roleSettings[role])];
  for (const key of keys) {
    const result = readSetting(settings[key], env);
    if ("problem" in result) problems.set(key, result.problem);
    else values[key] = result.value;
  }
  if (keys.includes("models") && !models.some((key) => problems.has(key))) {
    // Each was put there by its own schema.
    const together = modelProblems(values as Partial<ModelValues>);
    for (const [key, problem] of together) problems.set(key, problem);
  }
  for (const key of refused[role] ?? []) {
    const { name } = settings[key];
    if (env[name] || env[`${name}_FILE`])
      problems.set(key, `${name} must not be given to ${role}: it has no use for it`);
  }
  return { values: values as Partial<Config<Role>>, problems };
}

type Read = { readonly value: unknown } | { readonly problem: string };

function readSetting({ name, schema, expects, secret }: Setting, env: Environment): Read {
  const raw = secret ? readSecret(name, env) : { value: env[name] };
  if ("problem" in raw) return raw;
  // An empty variable is how Compose files and charts say "unset".
  const given = raw.value === "" ? undefined : raw.value;
  const parsed = schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const shown =
    given === undefined
      ? "is not set"
      : secret
        ? "has a malformed value (not shown)"
        : `is ${JSON.stringify(given)}`;
  const why = secret ? "" : sayWhy(parsed.error);
  return { problem: `${name} ${shown}${why}; expected ${expects}` };
}

/** Where a setting's schema says it in words of its own. */
function sayWhy({ issues }: z.ZodError): string {
  const [said] = issues.filter(({ code }) => code === "custom");
  return said ? `, but ${said.message}` : "";
}

function readSecret(name: string, env: Environment): Read {
  const path = env[`${name}_FILE`];
  if (!path) return { value: env[name] };
  if (env[name]) return { problem: `${name} and ${name}_FILE are both set; keep one` };
  try {
    return { value: readFileSync(path, "utf8").trim() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { problem: `${name}_FILE is ${JSON.stringify(path)}, which cannot be read (${code})` };
  }
}
