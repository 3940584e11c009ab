/** Ends the work of owners whose plan is blocked. */
import { findBlockedOwners, findBlockedWork } from "../../adapters/postgres/blocked-work.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { lockPlaces } from "../../adapters/postgres/seats.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { stopTasks } from "../task/stop-tasks.ts";

/** Pull requests a transaction, which keeps their events waiting. */
const batchSize = 20;

/**
 * Cancels what is pending and has stopped what is running, and says how many tasks that were. To be called after a plan
 * was blocked, and again by whoever comes by: the process that did it may have died over it.
 */
export async function stopBlocked({ db }: Pick<Context, "db">, signal?: AbortSignal): Promise<number> {
  let stopped = 0;
  while (!signal?.aborted) {
    const work = await findBlockedWork(db, batchSize);
    const places = {
      ownerIds: [...new Set(work.map(({ ownerId }) => ownerId))],
      pullRequestIds: [...new Set(work.map(({ pullRequestId }) => pullRequestId))],
    };
    const batch = await inTransaction(db, (tx) => stopBatch(tx, places));
    // Nothing was there, or somebody else was faster; what is left then is for the next call.
    if (batch === 0) break;
    stopped += batch;
  }
  return stopped;
}

interface Places {
  readonly ownerIds: readonly string[];
  readonly pullRequestIds: readonly string[];
}

async function stopBatch(tx: Tx, places: Places): Promise<number> {
  await lockPlaces(tx, places);
  // Looked at again under the locks: a plan may be active again.
  const ownerIds = await findBlockedOwners(tx, places.ownerIds);
  const { pullRequestIds } = places;
  const stop = { pullRequestIds, ownerIds, reason: "plan_blocked", automaticOnly: false } as const;
  return (await stopTasks(tx, stop)).length;
}
