/** One cycle of reading reactions over all installations; what goes wrong with one stays with that one. */
import pLimit from "p-limit";
import { getDatabaseTime } from "../../adapters/postgres/clock.ts";
import { findInstallationsToPoll, type PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { HourlyBudget } from "./hourly-budget.ts";
import type { PollSchedule } from "./next-poll-at.ts";
import { type Cycle, type CycleCounts, pollInstallation } from "./poll-installation.ts";
import type { TurnLimits } from "./turn.ts";

/** Installations read at the same time, so that one that hangs does not hold up the others. */
const concurrency = 4;

export interface CycleSummary extends CycleCounts {
  installations: number;
  /** Could not be read from; their comments stay due. */
  failed: number;
  /** Left alone until their limit is reset. */
  resting: number;
}

/** By the forge's id of the installation. Lives as long as the process: a new one learns it from the first answer. */
export type RestingInstallations = Map<number, Date>;

export async function pollComments(
  ctx: ForgeContext,
  poll: Pick<TurnLimits, "signal" | "turnMs" | "calls"> & {
    readonly schedule: PollSchedule;
    readonly budget: HourlyBudget;
    readonly resting: RestingInstallations;
  },
): Promise<CycleSummary> {
  const startedAt = await getDatabaseTime(ctx.db);
  const reads = { due: 0, read: 0, missing: 0, left: 0, gone: 0, points: 0, calls: 0 };
  const summary = { ...reads, added: 0, returned: 0, removed: 0, failed: 0 };
  const { kind: forge, host } = ctx.forge;
  const found = await findInstallationsToPoll(ctx.db, { forge, host, dueAt: startedAt });
  const awake = found.filter(({ externalId }) => !rests(poll.resting, externalId, startedAt));
  const cycle: Cycle = { ...poll, startedAt, counts: summary };
  await pLimit(concurrency).map(awake, async (installation) => {
    const until = await pollOne(ctx, installation, cycle, () => summary.failed++);
    if (until) poll.resting.set(installation.externalId, until);
  });
  return { ...summary, installations: found.length, resting: found.length - awake.length };
}

/** The boundary of an installation: its failure is logged and remembered for this cycle only. */
async function pollOne(
  ctx: ForgeContext,
  installation: PollableInstallation,
  cycle: Cycle,
  onFailure: () => void,
): Promise<Date | null> {
  const log = ctx.log.child({ installationId: installation.externalId });
  try {
    return await pollInstallation({ ...ctx, log }, installation, cycle);
  } catch (error) {
    onFailure();
    log.warn({ err: error }, "installation not read to the end, its comments stay due");
    const limited = error instanceof ReviewdError && error.code === "rate_limited";
    return limited ? new Date(cycle.startedAt.getTime() + (error.retryAfterMs ?? 0)) : null;
  }
}

function rests(resting: RestingInstallations, installationId: number, now: Date): boolean {
  const until = resting.get(installationId);
  if (until && until > now) return true;
  resting.delete(installationId);
  return false;
}
