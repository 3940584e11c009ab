/** serve: takes webhooks and answers the API. Holds the webhook secrets, never the App's key. */
import { hostOf } from "../../adapters/forge/github/github-urls.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import { bindPort } from "../../bind-port.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import { startInternalServer } from "../../internal-server.ts";
import { createLog, type Logger } from "../../log.ts";
import { helpAsked } from "../../role-usage.ts";
import { aborted, endsWithin } from "../../stopping.ts";
import { createApp } from "./app.ts";

const does = `Takes webhooks at POST /webhooks/github and answers the API, which is described at /docs. Any number of them may
run at once.`;

/** How long requests in flight may take to end at shutdown. GitHub gives up on a webhook after 10 s. */
const drainMs = 10_000;
/** How long closing may take at the end. */
const closeMs = 1_000;
/** Above what the routes take: they refuse larger bodies themselves, with a reason. */
const maxRequestBodySize = 32 * 1024 * 1024;

export const serve: Command = async (invocation) => {
  if (helpAsked(invocation, "serve", does)) return 0;
  const { env, signal } = invocation;
  const config = loadConfig("serve", env);
  const log = createLog(config.logLevel, { role: "serve" });
  await runServe(config, { log, signal });
  return 0;
};

export interface ServeParts {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called with the port once requests are taken. */
  readonly onServing?: (port: number) => void;
}

/** Runs until the signal is aborted and the requests in flight are answered. */
export async function runServe(
  config: Config<"serve">,
  { log, signal, onServing }: ServeParts,
): Promise<void> {
  const database = connect(config.databaseUrl, "reviewd serve");
  const { db } = database;
  await requireSchema(db);
  const app = createApp({
    db,
    log,
    webhookSecrets: config.githubWebhookSecrets,
    intake: {
      forge: "github",
      host: hostOf(config.githubApiUrl),
      ownerMaxRunning: config.ownerMaxRunning,
      taskMaxAttempts: config.taskMaxAttempts,
    },
  });
  const server = bindPort("PORT", config.port, (port) =>
    Bun.serve({ port, maxRequestBodySize, idleTimeout: 60, fetch: app.fetch }),
  );
  const internal = startInternalServer({ port: config.metricsPort, db, log });
  log.info({ port: server.port }, "serve ready");
  onServing?.(server.port ?? config.port);

  await aborted(signal);
  log.info("stopping: no more requests");
  await drain(server);
  await endsWithin(closeMs, Promise.all([internal.close(), database.close()]));
}

async function drain(server: Bun.Server<undefined>): Promise<void> {
  await endsWithin(drainMs, server.stop());
  await server.stop(true);
}
