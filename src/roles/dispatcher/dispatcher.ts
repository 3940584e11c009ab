/** The dispatcher: claims tasks, runs reviews, publishes. Wires its loops together and ends them in order. */
import type { Forge } from "../../adapters/forge/forge.ts";
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { allowProbes } from "../../adapters/postgres/installations.ts";
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
import { endsWithin } from "../../stopping.ts";
import { runCommandWorker } from "./command-worker.ts";
import { loadModels } from "./load-models.ts";
import { runQueueWorker } from "./queue-worker.ts";

const outboxMs = 2_000;
const errorDelayMs = 1_000;
/** A write to the forge starts only while the lease outlasts it, so a call must end well within a lease. */
const maxTimeoutShare = 2 / 3;
const maxTimeoutMs = 10_000;
/** How long what is left may take to end once the grace is over and every call to the forge is cut. */
const endMs = 100;

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

/** Runs until the signal is aborted and every review has ended or was handed back, within a second of the grace's end. */
export async function runDispatcher(
  config: Config<"dispatcher">,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  const database = connect(config.databaseUrl, "reviewd dispatcher", config.dispatcherConcurrency + 4);
  const { db } = database;
  await requireSchema(db);
  await using rules = createRulesReviewer();
  const leaseMs = config.leaseSecs * 1_000;
  const graceMs = config.shutdownGraceSecs * 1_000;
  const cut = new AbortController();
  const { model, reviewer } = await loadModels(config, log);
  const forge = createForge(config, { signal: cut.signal, log });
  const ctx: ReviewContext = {
    db,
    log,
    forge,
    reviewers: { rules, model: reviewer },
    model,
    markerKeys: config.markerKeys,
  };
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
  await allowProbes(db);
  log.info({ concurrency: config.dispatcherConcurrency, models: config.models }, "dispatcher ready");

  const graceLeftMs = countDown(signal, graceMs);
  const { taskMaxAttempts } = config;
  const commanding = runCommandWorker({ ctx: { ...ctx, taskMaxAttempts }, leaseMs, graceMs, signal });
  await runQueueWorker({
    db,
    databaseUrl: config.databaseUrl,
    listenUrl: config.listenDatabaseUrl ?? config.databaseUrl,
    log,
    concurrency: config.dispatcherConcurrency,
    leaseMs,
    graceMs,
    execute: (task, run) => runReview({ ...ctx, log: run.log }, task, run.signal),
    onGraceOver: () => cut.abort(),
    signal,
  });
  // A write that is cut off is looked for later; one that ends now need not be.
  await endsWithin(graceLeftMs(), Promise.all([publishing.done, commanding]));
  cut.abort();
  await endsWithin(endMs, Promise.all([publishing.done, commanding, internal.close()]));
  await endsWithin(endMs, database.close());
}

function createForge(
  config: Config<"dispatcher">,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Forge {
  return createGitHub({
    apiUrl: config.githubApiUrl,
    appId: config.githubAppId,
    privateKey: config.githubAppPrivateKey,
    timeoutMs: Math.min(maxTimeoutMs, config.leaseSecs * 1_000 * maxTimeoutShare),
    signal,
    log,
  });
}

/** What is left of this time since the signal was aborted. */
function countDown(signal: AbortSignal, ms: number): () => number {
  let startedAt = performance.now();
  signal.addEventListener("abort", () => {
    startedAt = performance.now();
  });
  return () => Math.max(0, startedAt + ms - performance.now());
}
