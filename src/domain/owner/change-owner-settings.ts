/** What an operator sets for an owner: its plan, what it may run at once, its share beside others, how it is reviewed. */
import { getOwner, type Owner, setPlan, setReviewSettings } from "../../adapters/postgres/owners.ts";
import { changeCapacity, lockPlaces } from "../../adapters/postgres/seats.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import type { ReviewSettings } from "../configuration/review-settings.ts";
import { stopBlocked } from "./stop-blocked.ts";

export interface OwnerChanges {
  readonly plan?: Owner["plan"] | undefined;
  /** Tasks at once; what is above a lowered one runs to its end. */
  readonly maxRunning?: number | undefined;
  /** An owner with twice the weight gets twice as much where both want more than there is. */
  readonly weight?: number | undefined;
  /** All of what its reviews go by where a repository says nothing. */
  readonly review?: ReviewSettings | undefined;
}

/**
 * Blocking a plan ends the owner's work; once it is active again, the syncer's sweep finds the open heads.
 * @throws Error when there is no such owner
 */
export async function changeOwnerSettings(
  { db }: Pick<Context, "db">,
  ownerId: string,
  { plan, review, ...capacity }: OwnerChanges,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPlaces(tx, { pullRequestIds: [], ownerIds: [ownerId] });
    const { maxRunning, weight } = await getOwner(tx, ownerId);
    await changeCapacity(tx, ownerId, {
      maxRunning: capacity.maxRunning ?? maxRunning,
      weight: capacity.weight ?? weight,
    });
    if (plan !== undefined) await setPlan(tx, ownerId, plan);
    if (review !== undefined) await setReviewSettings(tx, ownerId, review);
  });
  if (plan === "blocked") await stopBlocked({ db });
}
