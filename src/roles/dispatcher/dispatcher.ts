/** The dispatcher: claims tasks, runs reviews, publishes. Wires its loops together and ends them in order. */
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import { createRulesReviewer } from "../../adapters/reviewer/rules/rules-reviewer.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import type { ReviewContext } from "../../context.ts";
import { publishOutbox } from "../../domain/review/publish-outbox.ts";
import { runReview } from "../../domain/review/run-review.ts";
import { startInternalServer } from "../../internal-server.ts";
import { createLog, type Logger } from "../../log.ts";
import { startLoop } from "../../loop.ts";
import { helpAsked } from "../../role-usage.ts";
import { runQueueWorker } from "./queue-worker.ts";

const outboxMs = 2_000;
const errorDelayMs = 1_000;
/** A write to the forge starts only while the lease outlasts it, so a call must end well within a lease. */
const maxTimeoutShare = 2 / 3;
const maxTimeoutMs = 10_000;

const does = `Claims tasks, runs their reviews and publishes what they found. Any number of them may run at once.
On SIGTERM it claims no more, lets running reviews end for SHUTDOWN_GRACE_SECS and hands back the rest.`;

export const dispatcher: Command = async (invocation) => {
  if (helpAsked(invocation, "dispatcher", does)) return 0;
  const { env, signal } = invocation;
  const config = loadConfig("dispatcher", env);
  const log = createLog(config.logLevel, { role: "dispatcher" });
  await runDispatcher(config, { log, signal });
  return 0;
};

/** Runs until the signal is aborted and every review has ended or was handed back. */
export async function runDispatcher(
  config: Config<"dispatcher">,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  const database = connect(config.databaseUrl, "reviewd dispatcher", config.dispatcherConcurrency + 4);
  const { db } = database;
  await requireSchema(db);
  await using reviewer = createRulesReviewer();
  const leaseMs = config.leaseSecs * 1_000;
  const forge = createGitHub({
    apiUrl: config.githubApiUrl,
    appId: config.githubAppId,
    privateKey: config.githubAppPrivateKey,
    timeoutMs: Math.min(maxTimeoutMs, leaseMs * maxTimeoutShare),
    log,
  });
  const ctx: ReviewContext = { db, log, forge, reviewer, markerKeys: config.markerKeys };
  const internal = startInternalServer({ port: config.metricsPort, db, log });
  const publishing = startLoop({
    name: "outbox",
    pass: async () => {
      await publishOutbox(ctx, signal);
      return outboxMs;
    },
    errorDelayMs,
    log,
    signal,
  });
  log.info({ concurrency: config.dispatcherConcurrency }, "dispatcher ready");

  await runQueueWorker({
    db,
    listenUrl: config.listenDatabaseUrl ?? config.databaseUrl,
    log,
    concurrency: config.dispatcherConcurrency,
    leaseMs,
    graceMs: config.shutdownGraceSecs * 1_000,
    execute: (task, run) => runReview({ ...ctx, log: run.log }, task, run.signal),
    signal,
  });
  await Promise.all([publishing.done, internal.close()]);
  await database.close();
}
