/** What became of a repository itself: other names, another owner, or nothing more to review there. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { ensureOwner } from "../../adapters/postgres/owners.ts";
import { detachRepositories, lockRepository, moveRepository } from "../../adapters/postgres/repositories.ts";
import { stopAllIn } from "./apply-installation.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { cancelled, type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";
import { ownerFacts, storePlace } from "./store-place.ts";

type RepositoryEvent = Extract<DeliveryEvent, { kind: "repository" }>;

/** The row stays in every case: what was deleted at the forge is deleted here once that is confirmed. */
export async function applyRepository(
  tx: Tx,
  intake: Intake,
  { action, place }: RepositoryEvent,
): Promise<DeliveryOutcome> {
  switch (action) {
    case "changed":
      await storePlace(tx, intake, place);
      return recorded("facts");
    case "archived":
      // It can still be read, and its next event finds it as it was.
      return await endWork(tx, intake, place, "repository_archived", async () => {});
    case "deleted":
      return await endWork(tx, intake, place, "repository_deleted", (id) => detachRepositories(tx, [id]));
    case "transferred": {
      const { forge, host, ownerMaxRunning } = intake;
      const { owner, fullName } = place.repository;
      const { id: ownerId } = await ensureOwner(tx, { forge, host, ...ownerFacts(owner) }, ownerMaxRunning);
      // Whether the App is installed there, too, its next event from there says.
      const move = (id: string) => moveRepository(tx, { id, ownerId, fullName });
      return await endWork(tx, intake, place, "repository_transferred", move);
    }
  }
}

async function endWork(
  tx: Tx,
  { forge, host }: Intake,
  place: RepositoryEvent["place"],
  reason: "repository_archived" | "repository_deleted" | "repository_transferred",
  change: (repositoryId: string) => Promise<void>,
): Promise<DeliveryOutcome> {
  const repository = await lockRepository(tx, { forge, host, externalId: place.repository.id });
  if (!repository) return ignored("unknown_repository");
  const stopped = await stopAllIn(tx, [repository.id], "repository_removed");
  await change(repository.id);
  return cancelled(reason, stopped);
}
