/** The dispatcher: claims tasks, runs reviews, publishes. Wires its loops together and ends them in order. */
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { listen } from "../../adapters/postgres/listen.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import { findStopRequests } from "../../adapters/postgres/runs.ts";
import { readyChannel } from "../../adapters/postgres/seats.ts";
import { createRulesReviewer } from "../../adapters/reviewer/rules/rules-reviewer.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import type { ReviewContext } from "../../context.ts";
import { publishOutbox } from "../../domain/review/publish-outbox.ts";
import { sweepQueue } from "../../domain/task/sweep-queue.ts";
import { startInternalServer } from "../../internal-server.ts";
import { createLog, type Logger } from "../../log.ts";
import { type Loop, startLoop } from "../../loop.ts";
import { helpAsked } from "../../role-usage.ts";
import { createClaims } from "./claims.ts";
import { keepLease, type LeaseKeeper } from "./lease.ts";
import { createRuns, type Runs } from "./runs.ts";

const sweepMs = 1_000;
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

  const leases = keepLease({ db, log, leaseMs });
  const runs = createRuns(ctx, () => claiming.wake());
  const loop = (name: string, pass: () => Promise<number>, until = signal): Loop =>
    startLoop({ name, pass, errorDelayMs, log, signal: until });

  // Renewing and stopping go on while the last runs end.
  const drained = new AbortController();
  const renewing = loop("renew", () => renew(ctx, leases, runs, config.leaseSecs), drained.signal);
  const claiming = loop(
    "claim",
    createClaims(ctx, { leases, runs, concurrency: config.dispatcherConcurrency }),
  );
  const sweeping = loop("sweep", async () => {
    await sweepQueue(ctx);
    return sweepMs;
  });
  const publishing = loop("outbox", async () => {
    await publishOutbox(ctx, signal);
    return outboxMs;
  });
  const listener = listen({
    url: config.listenDatabaseUrl ?? config.databaseUrl,
    channel: readyChannel,
    onNotify: claiming.wake,
    log,
  });
  log.info({ concurrency: config.dispatcherConcurrency }, "dispatcher ready");

  await claiming.done;
  log.info({ running: runs.count(), graceSecs: config.shutdownGraceSecs }, "stopping: no more claims");
  await runs.drain(config.shutdownGraceSecs * 1_000);
  drained.abort();
  await Promise.all([renewing.done, sweeping.done, publishing.done, listener.close(), internal.close()]);
  await leases.end();
  await database.close();
}

async function renew(
  { db }: ReviewContext,
  leases: LeaseKeeper,
  runs: Runs,
  leaseSecs: number,
): Promise<number> {
  await leases.renew();
  const lease = leases.current();
  if (lease) runs.stop(await findStopRequests(db, lease.workerId));
  return Math.min(1_000, (leaseSecs * 1_000) / 5);
}
