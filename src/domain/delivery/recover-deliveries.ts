/** Finds webhook deliveries that never arrived, or came to nothing, and has the forge send them again. */
import type { Delivery, Forge } from "../../adapters/forge/forge.ts";
import { getDatabaseTime } from "../../adapters/postgres/clock.ts";
import { findDeliveryOutcomes, getDatabaseBirth } from "../../adapters/postgres/delivery-outcomes.ts";
import { findCheckpoint, finishSyncRun, startSyncRun } from "../../adapters/postgres/sync-runs.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import { planRecovery, type RecoveryPlan, type RecoveryReason, retentionMs } from "./recover-plan.ts";

/** What one run asks for at most, so that a long outage is made up for step by step. */
const maxPerRun = 100;

export interface RecoveryCounts extends Record<RecoveryReason | "refused", number> {
  listed: number;
  waiting: number;
  givenUp: number;
}

/** When a redelivery was asked for, by guid. Lives as long as the process; the forge's record takes over from it. */
export type AskedRedeliveries = Map<string, Date>;

/** @throws ReviewdError when the forge cannot be asked; the run is recorded, and the next one begins where it did */
export async function recoverDeliveries(
  ctx: ForgeContext,
  { asked, signal }: { readonly asked: AskedRedeliveries; readonly signal: AbortSignal },
): Promise<RecoveryCounts> {
  const id = await startSyncRun(ctx.db, "deliveries");
  const counts = { listed: 0, failed: 0, lost: 0, unfinished: 0, refused: 0, waiting: 0, givenUp: 0 };
  try {
    const now = await getDatabaseTime(ctx.db);
    const plan = await makePlan(ctx, { asked, now, counts });
    await redeliver(ctx, plan, { asked, now, counts, signal });
    await finishSyncRun(ctx.db, { id, counts, checkpoint: plan.checkpoint, error: null });
    return counts;
  } catch (error) {
    await finishSyncRun(ctx.db, { id, counts, checkpoint: null, error: String(error) });
    throw error;
  }
}

interface Run {
  readonly asked: AskedRedeliveries;
  readonly now: Date;
  readonly counts: RecoveryCounts;
}

async function makePlan(ctx: ForgeContext, { asked, now, counts }: Run): Promise<RecoveryPlan> {
  const retained = new Date(now.getTime() - retentionMs);
  const since = (await findCheckpoint(ctx.db, "deliveries")) ?? retained;
  const listed = await listSince(ctx.forge, since);
  const { kind: forge, host } = ctx.forge;
  const deliveryIds = [...new Set(listed.map(({ guid }) => guid))];
  const outcomes = await findDeliveryOutcomes(ctx.db, { forge, host, deliveryIds });
  const plan = planRecovery({
    listed,
    isDealtWith: (guid) => {
      const outcome = outcomes.get(guid);
      return outcome && outcome !== "failed";
    },
    knownSince: await getDatabaseBirth(ctx.db),
    askedAt: (guid) => asked.get(guid),
    now,
    maxPerRun,
  });
  counts.listed = listed.length;
  counts.waiting = plan.waiting;
  counts.givenUp = plan.givenUp;
  return plan;
}

/** The forge lists the newest first. */
async function listSince(forge: Forge, since: Date): Promise<readonly Delivery[]> {
  const listed: Delivery[] = [];
  for await (const delivery of forge.listDeliveries()) {
    if (Date.parse(delivery.deliveredAt) < since.getTime()) break;
    listed.push(delivery);
  }
  return listed;
}

async function redeliver(
  { forge, log }: ForgeContext,
  { redeliveries }: RecoveryPlan,
  { asked, now, counts, signal }: Run & { readonly signal: AbortSignal },
): Promise<void> {
  for (const { guid, deliveryId, reason } of redeliveries) {
    if (signal.aborted) return;
    asked.set(guid, now);
    try {
      await forge.redeliver(deliveryId);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      counts.refused++;
      log.warn({ err: error, deliveryId: guid, reason }, "the forge will not send this delivery again");
      continue;
    }
    counts[reason]++;
    log.info({ deliveryId: guid, reason }, "redelivery asked for");
  }
}

/** It concerns this delivery alone: the forge has it no more, or does not send it again. */
function isRefusal(error: unknown): boolean {
  return error instanceof ReviewdError && ["not_found", "invalid_input", "conflict"].includes(error.code);
}
