/** Which webhook deliveries are to be sent again: the forge's record compared with ours. Pure. */
import type { Delivery } from "../../adapters/forge/forge.ts";

/** Beyond this the forge neither lists nor sends again. */
export const retentionMs = 3 * 86_400_000;
/** A delivery shows up in the forge's list some time after it was made. */
const listingDelayMs = 15 * 60_000;
/** Redeliveries of one delivery: at once, then after 5, 20 and 80 minutes, 5 and 21 hours. */
const maxRedeliveries = 6;
const firstWaitMs = 5 * 60_000;
const waitFactor = 4;
/** The forge's clock is not ours, and its times are whole seconds. */
const clockToleranceMs = 60_000;
/** How long a redelivery that was asked for may take to show up. */
const answerMs = 5 * 60_000;

/** Why a delivery is sent again: it never arrived, nobody knows of it though it did, or its work failed. */
export type RecoveryReason = "failed" | "lost" | "unfinished";

interface Redelivery {
  readonly guid: string;
  /** The forge's id of the delivery's first try. */
  readonly deliveryId: string;
  readonly reason: RecoveryReason;
}

export interface RecoveryPlan {
  /** Oldest first. */
  readonly redeliveries: readonly Redelivery[];
  /** To be sent again later: tried a short while ago, or more than one run may ask for. */
  readonly waiting: number;
  /** Tried too often. */
  readonly givenUp: number;
  /** Where the next run's look back may end. */
  readonly checkpoint: Date;
}

export interface RecoveryFacts {
  /** In any order; several of one guid where it was sent again. */
  readonly listed: readonly Delivery[];
  /** Whether our own row says that it was dealt with; undefined: there is no row. */
  readonly isDealtWith: (guid: string) => boolean | undefined;
  /** Nothing is known of successes before then. */
  readonly knownSince: Date;
  /** When a redelivery of it was last asked for. */
  readonly askedAt: (guid: string) => Date | undefined;
  readonly now: Date;
  readonly maxPerRun: number;
}

export function planRecovery(facts: RecoveryFacts): RecoveryPlan {
  const { now, maxPerRun } = facts;
  const open = groupByGuid(facts.listed).flatMap((trail): readonly OpenTrail[] => {
    const reason = recoveryReason(trail, facts);
    return reason ? [{ ...trail, reason }] : [];
  });
  const unsettled = open.filter(({ tries }) => tries <= maxRedeliveries);
  const due = unsettled.filter((trail) => isDue(trail, facts));
  const redeliveries = due
    .slice(0, maxPerRun)
    .map(({ guid, deliveryId, reason }) => ({ guid, deliveryId, reason }));
  const oldest = unsettled[0]?.firstMs ?? Number.POSITIVE_INFINITY;
  const settled = Math.min(oldest, now.getTime() - listingDelayMs);
  return {
    redeliveries,
    waiting: unsettled.length - redeliveries.length,
    givenUp: open.length - unsettled.length,
    checkpoint: new Date(Math.max(settled, now.getTime() - retentionMs)),
  };
}

interface Trail {
  readonly guid: string;
  readonly deliveryId: string;
  readonly tries: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly succeeded: boolean;
}

type OpenTrail = Trail & { readonly reason: RecoveryReason };

/** Oldest first. */
function groupByGuid(listed: readonly Delivery[]): readonly Trail[] {
  const groups = Map.groupBy(listed, ({ guid }) => guid);
  const trails = [...groups].map(([guid, tries]): Trail => {
    const times = tries.map(({ deliveredAt }) => Date.parse(deliveredAt));
    const firstMs = Math.min(...times);
    const first = tries[times.indexOf(firstMs)];
    return {
      guid,
      deliveryId: first?.id ?? "",
      tries: tries.length,
      firstMs,
      lastMs: Math.max(...times),
      succeeded: tries.some(({ succeeded }) => succeeded),
    };
  });
  return trails.sort((a, b) => a.firstMs - b.firstMs);
}

/** Null: there is nothing to recover. What we dealt with is dealt with, even if our answer never reached the forge. */
function recoveryReason(trail: Trail, { isDealtWith, knownSince }: RecoveryFacts): RecoveryReason | null {
  const dealtWith = isDealtWith(trail.guid);
  if (dealtWith !== undefined) return dealtWith ? null : "unfinished";
  if (!trail.succeeded) return "failed";
  return trail.firstMs >= knownSince.getTime() - clockToleranceMs ? "lost" : null;
}

function isDue({ guid, tries, lastMs }: Trail, { now, askedAt }: RecoveryFacts): boolean {
  const asked = askedAt(guid);
  if (asked && now.getTime() - asked.getTime() < answerMs) return false;
  const redelivered = tries - 1;
  const waitMs = redelivered === 0 ? 0 : firstWaitMs * waitFactor ** (redelivered - 1);
  return now.getTime() - lastMs >= waitMs;
}
