/**
 * The syncer: looks for what we were not told, proposes suppressions, and deletes what is old, one process at a time.
 * Wires its loops, its lock and its counters.
 */
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { createRoleLock } from "../../adapters/postgres/advisory-lock.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import { type AskedRedeliveries, recoverDeliveries } from "../../domain/delivery/recover-deliveries.ts";
import type { SweepContext } from "../../domain/delivery/sweep-context.ts";
import {
  type RestingInstallations,
  sweepOpenPullRequests,
} from "../../domain/delivery/sweep-open-pull-requests.ts";
import { proposeSuppressions } from "../../domain/feedback/propose-suppressions.ts";
import { stopBlocked } from "../../domain/owner/stop-blocked.ts";
import { type PrunedTable, pruneOld } from "../../domain/retention/prune-old.ts";
import { startInternalServer } from "../../internal-server.ts";
import { createLog, type Logger } from "../../log.ts";
import { helpAsked } from "../../role-usage.ts";
import { endLoops, startSoleLoop } from "../../sole-loop.ts";
import { endsWithin } from "../../stopping.ts";
import { qualityReadMs, readQuality } from "./quality-metrics.ts";
import { createQueueWatch, queueReadMs } from "./queue-watch.ts";
import { countPruned, countRecovery, countSweep } from "./syncer-metrics.ts";

const does = `Asks GitHub for what webhooks did not tell: has missed deliveries sent again, and finds open pull requests, closed
ones and installations that are not known. Proposes to suppress what people dislike. Deletes what is older than it is kept.
One process is active; further ones stand by and take over.`;

const retentionIntervalMs = 3_600_000;
const suppressionsIntervalMs = 3_600_000;
/** How long closing may take at the end. */
const closeMs = 1_000;

export const syncer: Command = async (invocation) => {
  if (helpAsked(invocation, "syncer", does)) return 0;
  const config = loadConfig("syncer", invocation.env);
  const log = createLog(config.logLevel, { role: "syncer" });
  await runSyncer(config, { log, signal: invocation.signal });
  return 0;
};

/** Runs until the signal is aborted and the passes under way have ended or are cut off. */
export async function runSyncer(
  config: Config<"syncer">,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const database = connect(config.databaseUrl, "reviewd syncer", 6);
  const { db } = database;
  await requireSchema(db);
  const cut = new AbortController();
  const forge = createGitHub({
    apiUrl: config.githubApiUrl,
    appId: config.githubAppId,
    privateKey: config.githubAppPrivateKey,
    signal: cut.signal,
    log,
  });
  const { ownerMaxRunning, taskMaxAttempts } = config;
  const intake = { forge: forge.kind, host: forge.host, ownerMaxRunning, taskMaxAttempts };
  const internal = startInternalServer({ port: config.metricsPort, db, log });
  const lock = createRoleLock({ url: config.databaseUrl, role: "syncer", log });
  const intervalMs = config.syncerIntervalSecs * 1_000;
  const { recover, sweep, prune, propose } = createWork({ db, log, forge, intake }, config);
  const watch = createQueueWatch({ db, log });
  const loops = [
    startSoleLoop({ name: "deliveries", lock, intervalMs, work: recover, log, signal }),
    startSoleLoop({ name: "pull_requests", lock, intervalMs, work: sweep, log, signal }),
    startSoleLoop({ name: "queue", lock, intervalMs: queueReadMs, work: watch, log, signal }),
    startSoleLoop({
      ...{ name: "quality", lock, intervalMs: qualityReadMs, log, signal },
      work: (active) => readQuality(db, active),
    }),
    startSoleLoop({
      ...{ name: "suppressions", lock, intervalMs: suppressionsIntervalMs, log, signal },
      work: propose,
    }),
    startSoleLoop({ name: "retention", lock, intervalMs: retentionIntervalMs, work: prune, log, signal }),
  ];
  log.info({ intervalMs }, "syncer ready");

  await endLoops(loops, { signal, cut: () => cut.abort() });
  await endsWithin(closeMs, Promise.all([lock.release(), internal.close(), database.close()]));
}

function createWork(
  ctx: Omit<SweepContext, "signal">,
  { deliveryRetentionDays, taskRetentionDays, recordRetentionDays }: Config<"syncer">,
) {
  const asked: AskedRedeliveries = new Map();
  const resting: RestingInstallations = new Map();
  return {
    recover: async (signal: AbortSignal) => {
      const counts = await recoverDeliveries(ctx, { asked, signal });
      countRecovery(counts);
      ctx.log.info({ ...counts }, "deliveries compared");
    },
    sweep: async (signal: AbortSignal) => {
      const stopped = await stopBlocked(ctx, signal);
      if (stopped > 0) ctx.log.warn({ stopped }, "stopped what a blocked owner still had in the queue");
      const counts = await sweepOpenPullRequests({ ...ctx, signal }, resting);
      countSweep(counts);
      ctx.log.info({ ...counts }, "pull requests swept");
    },
    propose: async () => {
      const counts = await proposeSuppressions(ctx);
      ctx.log.info({ ...counts }, "votes counted for suppressions");
    },
    prune: async (signal: AbortSignal) => {
      const counts = {
        webhook_deliveries: 0,
        sync_runs: 0,
        commands: 0,
        task_records: 0,
        tasks: 0,
        contents: 0,
      };
      const onPruned = (table: PrunedTable, rows: number) => {
        counts[table] += rows;
        countPruned(table, rows);
      };
      const retention = { deliveryRetentionDays, taskRetentionDays, recordRetentionDays };
      await pruneOld(ctx, { ...retention, onPruned, signal });
      ctx.log.info({ ...counts }, "old rows deleted");
    },
  };
}
