/**
 * Every environment variable reviewd reads: its name, shape, default and meaning. Which role gets it is in config.ts.
 * The README's table and the Helm chart are tested against this list.
 */
import { z } from "zod";
import { modelSettings } from "./model-settings.ts";
import { defaultPollerTiers, pollerTiers } from "./poller-tiers.ts";
import { optional, type Setting, setting } from "./setting.ts";

const seconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const days = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const port = z.coerce.number().int().min(0).max(65_535);
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/)
  .refine(isReadableUrl);
const postgresUrlExample =
  "postgres://user:password@host:5432/database, special characters in the password as %XX";
const commaSeparated = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** At least 16 characters: a shorter HMAC key can be guessed offline from one signed body. */
const hmacKeys = commaSeparated.pipe(z.array(z.string().min(16)).min(1));

/** Reads it as the driver does, whose own error would show all of it, password included. Several hosts are allowed. */
function isReadableUrl(url: string): boolean {
  const [authority = ""] = url.slice(url.indexOf("://") + 3).split(/[?/]/);
  const hosts = authority.slice(authority.indexOf("@") + 1);
  try {
    const { username, password } = new URL(url.replace(hosts, hosts.split(",")[0] ?? ""));
    for (const part of [username, password, hosts]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

const required = {
  databaseUrl: setting(
    "DATABASE_URL",
    postgresUrl,
    postgresUrlExample,
    "The Postgres (15 or newer) everything is kept in; `up` starts one of its own when it is unset.",
    true,
  ),
  listenDatabaseUrl: setting(
    "LISTEN_DATABASE_URL",
    postgresUrl.optional(),
    postgresUrlExample,
    "A direct connection for LISTEN where DATABASE_URL goes through a transaction-pooling proxy.",
    true,
  ),
  port: setting(
    "PORT",
    port.default(8080),
    "a port, 0 for any free one",
    "Where webhooks and the API are served.",
  ),
  metricsPort: setting(
    "METRICS_PORT",
    port.default(9090),
    "a port, 0 for any free one",
    "Where /metrics, /healthz and /readyz of the role are served; not meant for the internet.",
  ),
  logLevel: setting(
    "LOG_LEVEL",
    z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
    "trace, debug, info, warn, error, fatal or silent",
    "Least severe log line that is printed.",
  ),
  githubApiUrl: setting(
    "GITHUB_API_URL",
    z
      .url({ protocol: /^https?$/ })
      .default("https://api.github.com")
      .transform((url) => url.replace(/\/+$/, "")),
    "https://api.github.com or https://HOST/api/v3",
    "The REST base URL of GitHub or of a GitHub Enterprise Server.",
  ),
  githubAppId: setting(
    "GITHUB_APP_ID",
    z.coerce.number().int().positive(),
    "the App's numeric id",
    "The GitHub App; without one `up` serves, but reviews nothing.",
  ),
  githubAppPrivateKey: setting(
    "GITHUB_APP_PRIVATE_KEY",
    z.string().regex(/-----BEGIN (RSA )?PRIVATE KEY-----/),
    "a PEM private key",
    "The App's private key, PKCS#1 or PKCS#8.",
    true,
  ),
  githubWebhookSecrets: setting(
    "GITHUB_WEBHOOK_SECRETS",
    hmacKeys,
    "comma-separated secrets of at least 16 characters, newest first",
    "Secrets a webhook's signature may be made with; several during rotation. `up` makes one when it is unset.",
    true,
  ),
  markerKeys: setting(
    "MARKER_KEYS",
    hmacKeys,
    "comma-separated keys of at least 16 characters; the first signs, all verify",
    "Signs the hidden markers by which reviewd finds its own comments again. `up` makes one when it is unset.",
    true,
  ),
  ownerMaxRunning: setting(
    "OWNER_MAX_RUNNING",
    z.coerce.number().int().min(1).max(1_000).default(4),
    "a whole number from 1 to 1000",
    "Reviews one owner may have running at once, for owners first seen from now on.",
  ),
  dispatcherConcurrency: setting(
    "DISPATCHER_CONCURRENCY",
    z.coerce.number().int().min(1).max(256).default(4),
    "a whole number from 1 to 256",
    "Reviews one dispatcher process runs at once.",
  ),
  taskMaxAttempts: setting(
    "TASK_MAX_ATTEMPTS",
    z.coerce.number().int().min(1).max(20).default(3),
    "a whole number from 1 to 20",
    "Attempts a task gets before it ends as failed.",
  ),
  leaseSecs: setting(
    "LEASE_SECS",
    seconds(2, 600).default(15),
    "2 to 600 whole seconds",
    "How long a dispatcher that stopped renewing its lease keeps its tasks.",
  ),
  shutdownGraceSecs: setting(
    "SHUTDOWN_GRACE_SECS",
    seconds(0, 3_600).default(25),
    "0 to 3600 whole seconds",
    "How long running reviews may go on after SIGTERM before they are handed back.",
  ),
  pollerIntervalSecs: setting(
    "POLLER_INTERVAL_SECS",
    seconds(1, 86_400).default(300),
    "1 to 86400 whole seconds",
    "Length of one reaction-polling cycle.",
  ),
  pollerWindowDays: setting(
    "POLLER_WINDOW_DAYS",
    days(1, 365).default(14),
    "1 to 365 whole days",
    "How long after posting a comment's reactions are read.",
  ),
  pollerTiers: setting(
    "POLLER_TIERS",
    pollerTiers.prefault(defaultPollerTiers),
    `AGE:CYCLES pairs by rising age, both from 1 to 99999, e.g. ${defaultPollerTiers} (h or d)`,
    `How often comments of an age are read, in cycles (${defaultPollerTiers} unless set); past the last age the last tier goes on, ` +
      "and past POLLER_WINDOW_DAYS none is read.",
  ),
  pollerMaxPointsPerHour: setting(
    "POLLER_MAX_POINTS_PER_HOUR",
    z.coerce.number().int().min(1).max(10_000).default(1_000),
    "a whole number from 1 to 10000",
    "GraphQL points of one installation that reading reactions may cost in an hour, of the 5,000 GitHub gives; " +
      "100 comments cost one.",
  ),
  syncerIntervalSecs: setting(
    "SYNCER_INTERVAL_SECS",
    seconds(1, 86_400).default(300),
    "1 to 86400 whole seconds",
    "How often missed deliveries and unseen open pull requests are looked for.",
  ),
  deliveryRetentionDays: setting(
    "DELIVERY_RETENTION_DAYS",
    // A delivery that is sent again, which takes days at times, must still be known.
    days(8, 3_650).default(30),
    "8 to 3650 whole days",
    "How long webhook deliveries, and the record of what the syncer did, are kept.",
  ),
  taskRetentionDays: setting(
    "TASK_RETENTION_DAYS",
    days(7, 3_650).default(180),
    "7 to 3650 whole days",
    "How long after a pull request was closed its tasks are kept, with their findings, comments and feedback; on an " +
      "open one, how long tasks of older heads are that posted nothing.",
  ),
  recordRetentionDays: setting(
    "RECORD_RETENTION_DAYS",
    days(1, 3_650).default(30),
    "1 to 3650 whole days",
    "How long after a task ended what its run saw and got is kept for `reviewd replay`: the diff, the prompts and the " +
      "answers. It goes with the task at the latest.",
  ),
  dataDir: setting(
    "REVIEWD_DATA_DIR",
    z.string().min(1).default(".reviewd"),
    "a folder",
    "Where `up` keeps what it makes: the embedded Postgres, keys and an API token.",
  ),
} as const satisfies Record<string, Setting>;

export const settings = {
  ...required,
  ...modelSettings,
  // `up` does without these.
  databaseUrlIfAny: optional(required.databaseUrl),
  githubAppIdIfAny: optional(required.githubAppId),
  githubAppPrivateKeyIfAny: optional(required.githubAppPrivateKey),
  githubWebhookSecretsIfAny: optional(required.githubWebhookSecrets),
  markerKeysIfAny: optional(required.markerKeys),
} as const satisfies Record<string, Setting>;
