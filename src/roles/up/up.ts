/** `reviewd up`: all of reviewd on one machine, in one process, with a Postgres of its own where none is named. */
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../adapters/embedded-postgres/embedded-postgres.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { migrate } from "../../adapters/postgres/migrate.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import { ReviewdError } from "../../errors.ts";
import { createLog, type Logger } from "../../log.ts";
import { helpAsked } from "../../role-usage.ts";
import { upToken } from "./api-token.ts";
import { getApp } from "./app.ts";
import { greeting } from "./greeting.ts";
import { type KeptFile, keptKey } from "./kept-files.ts";
import { runRoles } from "./run-roles.ts";

const does = `Runs all of reviewd in one process: serve, dispatcher, poller and syncer. Prints its URL and an API token.

Without DATABASE_URL it starts a Postgres of its own, reachable from this machine only. Its data are kept in
REVIEWD_DATA_DIR (.reviewd unless set). Postgres does not run as root: there the server gets an unprivileged user, and
where that one may not enter the folder, the data are kept in /var/lib/reviewd and the folder holds a link to them.

Without GITHUB_WEBHOOK_SECRETS or MARKER_KEYS it makes them and keeps them in that folder, too.
Without GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY it takes webhooks and answers the API, but reviews nothing.

Ctrl-C stops all of it.`;

export const up: Command = async (invocation) => {
  if (helpAsked(invocation, "up", does)) return 0;
  const { env, signal } = invocation;
  const config = loadConfig("up", env);
  const app = getApp(config);
  const log = createLog(config.logLevel, { role: "up" });
  await withDatabase(config, { log, signal, searchPath: env.PATH ?? "" }, async (databaseUrl, stop) => {
    const token = await prepare(databaseUrl, config, log);
    const { githubWebhookSecrets, secretFile } = webhookSecrets(config);
    const markerKeys = config.markerKeysIfAny ?? [keptKey(config.dataDir, "marker-key").text];
    await runRoles({
      config: { ...config, databaseUrl, githubWebhookSecrets, markerKeys },
      app,
      signal: stop,
      onServing: (port) => console.log(greeting({ port, token, secretFile, hasApp: app !== null })),
    });
  });
  return 0;
};

interface Parts {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly searchPath: string;
}

/** Hands over the database's URL, and a signal that is also aborted when a server of our own is gone. */
async function withDatabase(
  config: Config<"up">,
  { log, signal, searchPath }: Parts,
  use: (databaseUrl: string, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  if (config.databaseUrlIfAny) return await use(config.databaseUrlIfAny, signal);
  const server = await startEmbeddedPostgres({ folder: join(config.dataDir, "postgres"), searchPath });
  log.info({ folder: server.folder, port: server.port }, "embedded Postgres ready");
  const gone = new AbortController();
  void server.exited.then(() => gone.abort());
  try {
    await use(server.url, AbortSignal.any([signal, gone.signal]));
  } finally {
    await server.stop();
  }
  if (gone.signal.aborted && !signal.aborted) {
    throw new ReviewdError(
      "unavailable",
      `the embedded Postgres ended; ${server.folder}/postgres.log says why`,
    );
  }
}

async function prepare(databaseUrl: string, { dataDir }: Config<"up">, log: Logger): Promise<KeptFile> {
  const database = connect(databaseUrl, "reviewd up", 2);
  try {
    await migrate(database.db, { log });
    return await upToken(database.db, dataDir);
  } finally {
    await database.close();
  }
}

function webhookSecrets({ githubWebhookSecretsIfAny, dataDir }: Config<"up">) {
  if (githubWebhookSecretsIfAny) return { githubWebhookSecrets: githubWebhookSecretsIfAny, secretFile: null };
  const made = keptKey(dataDir, "webhook-secret");
  return { githubWebhookSecrets: [made.text], secretFile: made.path };
}
