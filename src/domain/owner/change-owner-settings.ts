/** What an operator sets for an owner: its plan, how much it may run at once, and its share beside others. */
import { getOwner, type Owner, setPlan } from "../../adapters/postgres/owners.ts";
import { changeCapacity, lockPlaces } from "../../adapters/postgres/seats.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { stopBlocked } from "./stop-blocked.ts";

export interface OwnerChanges {
  readonly plan?: Owner["plan"] | undefined;
  /** Tasks at once; what is above a lowered one runs to its end. */
  readonly maxRunning?: number | undefined;
  /** An owner with twice the weight gets twice as much where both want more than there is. */
  readonly weight?: number | undefined;
}

/**
 * Blocking a plan ends the owner's work; once it is active again, the syncer's sweep finds the open heads.
 * @throws Error when there is no such owner
 */
export async function changeOwnerSettings(
  { db }: Pick<Context, "db">,
  ownerId: string,
  { plan, ...capacity }: OwnerChanges,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPlaces(tx, { pullRequestIds: [], ownerIds: [ownerId] });
    const { maxRunning, weight } = await getOwner(tx, ownerId);
    await changeCapacity(tx, ownerId, {
      maxRunning: capacity.maxRunning ?? maxRunning,
      weight: capacity.weight ?? weight,
    });
    if (plan !== undefined) await setPlan(tx, ownerId, plan);
  });
  if (plan === "blocked") await stopBlocked({ db });
}
