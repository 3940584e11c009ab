/** One sweep: what the forge has now, compared with what we were told. What fails in one place stays there. */
import pLimit from "p-limit";
import { type Installation, InstallationUnavailableError } from "../../adapters/forge/forge.ts";
import { finishSyncRun, startSyncRun } from "../../adapters/postgres/sync-runs.ts";
import { ReviewdError } from "../../errors.ts";
import type { SweepContext, SweepCounts } from "./sweep-context.ts";
import { sweepInstallations } from "./sweep-installations.ts";
import { sweepPullRequests } from "./sweep-pull-requests.ts";
import { sweepRepositories } from "./sweep-repositories.ts";

/** Installations swept at the same time. */
const concurrency = 4;
/** Repositories of an installation that may fail before it is left for the next sweep: the forge itself is broken. */
const maxFailures = 3;

/** By the forge's id of the installation: until when it is left alone. Lives as long as the process. */
export type RestingInstallations = Map<number, number>;

/** @throws ReviewdError when the forge does not list the installations; the run is recorded */
export async function sweepOpenPullRequests(
  ctx: SweepContext,
  resting: RestingInstallations,
): Promise<SweepCounts> {
  const counts = noCounts();
  const id = await startSyncRun(ctx.db, "pull_requests");
  try {
    const installations = await sweepInstallations(ctx, counts);
    await pLimit(concurrency).map(installations, (one) => sweepOne(ctx, one, { resting, counts }));
    await finishSyncRun(ctx.db, { id, counts: { ...counts }, checkpoint: null, error: null });
    return counts;
  } catch (error) {
    await finishSyncRun(ctx.db, { id, counts: { ...counts }, checkpoint: null, error: String(error) });
    throw error;
  }
}

interface Sweep {
  readonly resting: RestingInstallations;
  readonly counts: SweepCounts;
}

/** The boundary of an installation. */
async function sweepOne(ctx: SweepContext, installation: Installation, sweep: Sweep): Promise<void> {
  const { resting, counts } = sweep;
  if ((resting.get(installation.id) ?? 0) > performance.now()) {
    counts.resting++;
    return;
  }
  resting.delete(installation.id);
  const log = ctx.log.child({ installationId: installation.id });
  try {
    await sweepInstallation({ ...ctx, log }, installation, sweep);
  } catch (error) {
    counts.failedInstallations++;
    log.warn({ err: error }, "installation not swept to the end");
    if (error instanceof ReviewdError && error.code === "rate_limited")
      resting.set(installation.id, performance.now() + (error.retryAfterMs ?? 0));
  }
}

/** The boundary of a repository, unless what failed concerns all of them. */
async function sweepInstallation(
  ctx: SweepContext,
  installation: Installation,
  { counts }: Sweep,
): Promise<void> {
  let failures = 0;
  for (const repository of await sweepRepositories(ctx, installation, counts)) {
    if (ctx.signal.aborted) return;
    try {
      await sweepPullRequests(ctx, { installation, repository }, counts);
    } catch (error) {
      counts.failedRepositories++;
      failures++;
      if (concernsInstallation(error) || failures === maxFailures) throw error;
      ctx.log.warn({ err: error, repository: repository.fullName }, "repository not swept");
    }
  }
}

function concernsInstallation(error: unknown): boolean {
  if (error instanceof InstallationUnavailableError) return true;
  return error instanceof ReviewdError && error.code === "rate_limited";
}

function noCounts(): SweepCounts {
  return {
    installations: 0,
    repositories: 0,
    swept: 0,
    pullRequests: 0,
    queued: 0,
    skipped: 0,
    closed: 0,
    raced: 0,
    failedInstallations: 0,
    failedRepositories: 0,
    resting: 0,
  };
}
