/** The poller: reads reactions, one process at a time. Wires its loop, its lock and its counters together. */
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { createRoleLock } from "../../adapters/postgres/advisory-lock.ts";
import { connect } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import type { Command } from "../../command.ts";
import { type Config, loadConfig } from "../../config.ts";
import type { ForgeContext } from "../../context.ts";
import { createHourlyBudget } from "../../domain/feedback/hourly-budget.ts";
import { pollComments, type RestingInstallations } from "../../domain/feedback/poll-comments.ts";
import { maxCallsPerHour } from "../../domain/feedback/turn.ts";
import { startInternalServer } from "../../internal-server.ts";
import { createLog, type Logger } from "../../log.ts";
import { helpAsked } from "../../role-usage.ts";
import { endLoops, startSoleLoop } from "../../sole-loop.ts";
import { endsWithin } from "../../stopping.ts";
import { countCycle } from "./poller-metrics.ts";

const dayMs = 86_400_000;
/** The least that an installation may be read in a cycle: a request that hangs takes 15 seconds, and is tried thrice. */
const leastTurnMs = 60_000;
/** How long closing may take at the end. */
const closeMs = 1_000;

const does = `Reads the reactions to what was posted, in cycles. One process works; further ones stand by and take over.`;

export const poller: Command = async (invocation) => {
  if (helpAsked(invocation, "poller", does)) return 0;
  const { env, signal } = invocation;
  const config = loadConfig("poller", env);
  const log = createLog(config.logLevel, { role: "poller" });
  await runPoller(config, { log, signal });
  return 0;
};

/** Runs until the signal is aborted and the cycle under way has ended its batch, or is cut off. */
export async function runPoller(
  config: Config<"poller">,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  const database = connect(config.databaseUrl, "reviewd poller", 5);
  await requireSchema(database.db);
  const cut = new AbortController();
  const forge = createGitHub({
    apiUrl: config.githubApiUrl,
    appId: config.githubAppId,
    privateKey: config.githubAppPrivateKey,
    signal: cut.signal,
    log,
  });
  const internal = startInternalServer({ port: config.metricsPort, db: database.db, log });
  const lock = createRoleLock({ url: config.databaseUrl, role: "poller", log });
  const cycle = createCycle({ db: database.db, log, forge }, config);
  const intervalMs = config.pollerIntervalSecs * 1_000;
  log.info({ intervalMs }, "poller ready");

  const polling = startSoleLoop({ name: "poll", lock, intervalMs, work: cycle, log, signal });
  await endLoops([polling], { signal, cut: () => cut.abort() });
  await endsWithin(closeMs, Promise.all([lock.release(), internal.close(), database.close()]));
}

function createCycle(ctx: ForgeContext, config: Config<"poller">): (signal: AbortSignal) => Promise<void> {
  const resting: RestingInstallations = new Map();
  const budget = createHourlyBudget(config.pollerMaxPointsPerHour);
  const calls = createHourlyBudget(maxCallsPerHour);
  const turnMs = Math.max(config.pollerIntervalSecs * 1_000, leastTurnMs);
  const schedule = {
    intervalMs: config.pollerIntervalSecs * 1_000,
    windowMs: config.pollerWindowDays * dayMs,
    tiers: config.pollerTiers,
  };
  return async (signal) => {
    const summary = await pollComments(ctx, { schedule, budget, calls, resting, turnMs, signal });
    countCycle(summary);
    ctx.log[summary.installations > 0 ? "info" : "debug"]({ ...summary }, "cycle done");
  };
}
