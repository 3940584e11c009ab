import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, type ConfiguredRole, loadConfig, roleSettings } from "../src/config.ts";
import { toModelSettings } from "../src/model-settings.ts";
import { settings } from "../src/settings.ts";

const database = { DATABASE_URL: "postgres://reviewd:pw@localhost/reviewd" };
const serve = { ...database, GITHUB_WEBHOOK_SECRETS: "a-secret-of-enough-length" };
const githubApp = { GITHUB_APP_ID: "1", GITHUB_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\n…" };

function problemsOf(role: ConfiguredRole, env: Record<string, string>): string {
  try {
    loadConfig(role, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("an environment that cannot be used", () => {
  test("is told with every problem at once", () => {
    const told = problemsOf("dispatcher", {});
    for (const name of ["DATABASE_URL", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "MARKER_KEYS"]) {
      expect(told).toContain(`${name} is not set; expected `);
    }
  });

  test("says what was given and what is expected", () => {
    expect(problemsOf("serve", { ...serve, PORT: "http" })).toContain(
      'PORT is "http"; expected a port, 0 for any free one',
    );
  });

  test("never shows a secret", () => {
    const told = problemsOf("serve", {
      DATABASE_URL: "mysql://root:hunter2@db",
      GITHUB_WEBHOOK_SECRETS: "short",
    });
    expect(told).toContain("DATABASE_URL has a malformed value (not shown)");
    expect(told).toContain("GITHUB_WEBHOOK_SECRETS has a malformed value (not shown)");
    expect(told).not.toMatch(/hunter2|"short"/);
  });

  test.each([
    "postgres://root:hun#ter2@db/reviewd",
    "postgres://root:hunter2%zz@db/reviewd",
    "postgres://root:hunter2%ff@db/reviewd",
    "postgres://root:hunter2@db:99999/reviewd",
    "postgres://root:hunter2@[db/reviewd",
  ])("does not get as far as the driver, which would show it: %s", (url) => {
    const told = problemsOf("migrate", { DATABASE_URL: url });
    expect(told).toContain("DATABASE_URL has a malformed value (not shown); expected postgres://");
    expect(told).not.toMatch(/hunter2|hun#ter2/);
  });

  test.each([
    "postgresql://reviewd:p%40ss%23@db.test/reviewd?sslmode=require",
    "postgres://reviewd:pw@db-1.test:5432,db-2.test:5433/reviewd",
    "postgres://reviewd@[::1]:5432/reviewd",
    "postgres://db/reviewd",
  ])("a database may be named as %s", (url) => {
    expect(loadConfig("migrate", { DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  test.each([
    ...["0", "-1", "1.5", "86401", "300s", "five", " "].map((text) => ["POLLER_INTERVAL_SECS", text]),
    ...["0", "-1", "0.5", "366", "14d", " "].map((text) => ["POLLER_WINDOW_DAYS", text]),
    ...["0", "-5", "10001", "1.5", "many", " "].map((text) => ["POLLER_MAX_POINTS_PER_HOUR", text]),
  ] as [string, string][])("%s=%s is refused, not silently off", (name, value) => {
    const told = problemsOf("poller", { ...database, [name]: value });
    expect(told).toContain(`${name} is "${value}"; expected `);
  });

  test.each([
    ...["1d:1.5", "-1d:1", "1m:1", "1d", "1d:"].map((text) => [text, `"${text}" is no AGE:CYCLES`]),
    ["1d:1,", '"" is no AGE:CYCLES'],
    ["1d:1;3d:2", '"1d:1;3d:2" is no AGE:CYCLES'],
    [" ", '"" is no AGE:CYCLES'],
    ["0d:1", 'the age of "0d:1" is not from 1 to 99999'],
    ["1h:1,99999999999999999999d:1", 'the age of "99999999999999999999d:1" is not from 1 to 99999'],
    ["10d:0", 'the cycles of "10d:0" are not from 1 to 99999'],
    ["1d:1,30d:99999999", 'the cycles of "30d:99999999" are not from 1 to 99999'],
    ["3d:1,1d:2", 'the age of "1d:2" is not above that of "3d:1"'],
    ["1d:1,24h:2", 'the age of "24h:2" is not above that of "1d:1"'],
  ] as [string, string][])("POLLER_TIERS=%s is refused for its reason: %s", (value, why) => {
    const told = problemsOf("poller", { ...database, POLLER_TIERS: value });
    expect(told).toContain(`POLLER_TIERS is "${value}", but ${why}; expected AGE:CYCLES pairs`);
  });

  test("tiers are taken with blanks between them, also where older comments are read more often", () => {
    const { pollerTiers } = loadConfig("poller", {
      ...database,
      ...githubApp,
      POLLER_TIERS: " 12h:5, 3d : 2",
    });
    expect(pollerTiers).toEqual([
      { maxAgeMs: 12 * 3_600_000, everyCycles: 5 },
      { maxAgeMs: 3 * 86_400_000, everyCycles: 2 },
    ]);
  });

  test("one problem is one, and two are two", () => {
    expect(problemsOf("migrate", {})).toStartWith(
      "reviewd migrate: the configuration has a problem:\n  DATABASE_URL",
    );
    const two = problemsOf("migrate", { LOG_LEVEL: "loud" });
    expect(two).toStartWith("reviewd migrate: the configuration has 2 problems:\n");
  });

  test.each([
    ["DELIVERY_RETENTION_DAYS", "7", "8 to 3650 whole days"],
    ["TASK_RETENTION_DAYS", "0", "7 to 3650 whole days"],
    ["RECORD_RETENTION_DAYS", "0", "1 to 3650 whole days"],
  ])("%s=%s is refused: what is deleted does not come back", (name, value, expected) => {
    const told = problemsOf("syncer", { ...database, [name]: value });
    expect(told).toContain(`${name} is "${value}"; expected ${expected}`);
  });
});

describe("language models", () => {
  const dispatcher = {
    ...database,
    ...githubApp,
    MARKER_KEYS: "a-marker-key-of-this-test",
  };
  const told = (env: Record<string, string>) => problemsOf("dispatcher", { ...dispatcher, ...env });
  const settingsOf = (env: Record<string, string>) =>
    toModelSettings(loadConfig("dispatcher", { ...dispatcher, ...env }));

  test("are none unless named", () => {
    expect(settingsOf({})).toBeNull();
  });

  test("are read with the access of their providers, and of no other", () => {
    const env = {
      MODELS: "openai-compatible/org/qwen3:8b, anthropic/claude-opus-5",
      OPENAI_COMPATIBLE_BASE_URL: "http://localhost:11434/v1/",
      ANTHROPIC_API_KEY: "sk-ant",
      OPENAI_API_KEY: "sk-unused",
      MODEL_EFFORT: "low",
    };
    expect(settingsOf(env)).toEqual({
      models: ["openai-compatible/org/qwen3:8b", "anthropic/claude-opus-5"],
      providers: {
        "openai-compatible": { apiKey: null, baseUrl: "http://localhost:11434/v1" },
        anthropic: { apiKey: "sk-ant", baseUrl: "https://api.anthropic.com/v1" },
      },
      timeoutMs: 300_000,
      concurrency: 4,
      effort: "low",
      contextTokens: null,
    });
  });

  test.each([
    ...["gpt-5", "acme/gpt-5", "openai/", "openai/gpt-5,", "openai/gpt 5"].map((models) => [
      models,
      "not all of it is PROVIDER/MODEL",
    ]),
    ["openai/gpt-5,openai/gpt-5", "one of them is there twice"],
  ] as [string, string][])("MODELS=%s is refused with the providers there are: %s", (models, why) => {
    expect(told({ MODELS: models, OPENAI_API_KEY: "sk" })).toContain(
      `MODELS is ${JSON.stringify(models)}, but ${why}; expected comma-separated names like ` +
        "anthropic/claude-opus-5; the providers are anthropic, openai, google, openai-compatible",
    );
  });

  test.each([
    ["anthropic/claude-opus-5", "ANTHROPIC_API_KEY"],
    ["openai/gpt-5", "OPENAI_API_KEY"],
    ["google/gemini-3-pro-preview", "GOOGLE_GENERATIVE_AI_API_KEY"],
    ["openai-compatible/qwen3", "OPENAI_COMPATIBLE_BASE_URL"],
  ])("%s needs %s", (model, variable) => {
    expect(told({ MODELS: model })).toContain(`${variable} is not set, which ${model} in MODELS needs`);
  });

  test("a key meant for reviewd alone is of no use without MODELS, and is not shown", () => {
    const problem = told({ OPENAI_COMPATIBLE_API_KEY: "sk-hunter2" });
    expect(problem).toContain("MODELS is not set, but OPENAI_COMPATIBLE_API_KEY");
    expect(problem).not.toContain("hunter2");
  });

  test("a provider's key that lies about for other programs sets up no model", () => {
    expect(loadConfig("dispatcher", { ...dispatcher, OPENAI_API_KEY: "sk" }).models).toBeUndefined();
  });

  test("serve refuses every key of theirs, as a variable and as a file", () => {
    const keys = [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GOOGLE_GENERATIVE_AI_API_KEY",
      "OPENAI_COMPATIBLE_API_KEY",
    ];
    for (const name of keys) {
      const refusal = `${name} must not be given to serve`;
      expect(problemsOf("serve", { ...serve, [name]: "sk" })).toContain(refusal);
      expect(problemsOf("serve", { ...serve, [`${name}_FILE`]: "/run/key" })).toContain(refusal);
    }
  });
});

describe("secrets", () => {
  test("serve refuses the App's private key, as a variable and as a file", () => {
    const refusal = "GITHUB_APP_PRIVATE_KEY must not be given to serve";
    expect(problemsOf("serve", { ...serve, GITHUB_APP_PRIVATE_KEY: "x" })).toContain(refusal);
    expect(problemsOf("serve", { ...serve, GITHUB_APP_PRIVATE_KEY_FILE: "/run/key" })).toContain(refusal);
  });

  test("may come as files, which lose the newline at their end", () => {
    const folder = mkdtempSync(join(tmpdir(), "reviewd-config-"));
    const file = join(folder, "url");
    writeFileSync(file, `${database.DATABASE_URL}\n`);
    expect(loadConfig("migrate", { DATABASE_URL_FILE: file }).databaseUrl).toBe(database.DATABASE_URL);
    expect(problemsOf("migrate", { ...database, DATABASE_URL_FILE: file })).toContain(
      "are both set; keep one",
    );
    rmSync(folder, { recursive: true });
    expect(problemsOf("migrate", { DATABASE_URL_FILE: file })).toContain("which cannot be read (ENOENT)");
  });

  test("several keys are a list, newest first", () => {
    const config = loadConfig("serve", {
      ...database,
      GITHUB_WEBHOOK_SECRETS: "newest-newest-newest, oldest-oldest-oldest",
    });
    expect(config.githubWebhookSecrets).toEqual(["newest-newest-newest", "oldest-oldest-oldest"]);
  });
});

test("an empty variable counts as unset", () => {
  expect(loadConfig("serve", { ...serve, PORT: "" }).port).toBe(8080);
});

test("poller tiers are read into ages and cycles", () => {
  const key = "-----BEGIN PRIVATE KEY-----\n…";
  const config = loadConfig("poller", { ...database, GITHUB_APP_ID: "1", GITHUB_APP_PRIVATE_KEY: key });
  expect(config.pollerTiers).toEqual([
    { maxAgeMs: 86_400_000, everyCycles: 1 },
    { maxAgeMs: 3 * 86_400_000, everyCycles: 12 },
    { maxAgeMs: 14 * 86_400_000, everyCycles: 72 },
  ]);
});

test("only the roles that write to or read from the forge are given the App's key, and doctor, which tries it", () => {
  const holders = Object.entries(roleSettings).filter(([, keys]) =>
    keys.some((key) => settings[key].name === "GITHUB_APP_PRIVATE_KEY"),
  );
  expect(holders.map(([role]) => role).sort()).toEqual(["dispatcher", "doctor", "poller", "syncer", "up"]);
});
