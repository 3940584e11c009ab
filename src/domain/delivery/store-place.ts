/** Stores who an event is about: owner, installation and repository, keyed by the forge's ids. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { holdInstallation, type Installation } from "../../adapters/postgres/installations.ts";
import { ensureOwner, type Owner } from "../../adapters/postgres/owners.ts";
import { type Repository, storeRepository } from "../../adapters/postgres/repositories.ts";
import type { EventPlace } from "./delivery-event.ts";
import type { PayloadAccount } from "./github-payload.ts";
import type { Intake } from "./intake.ts";

export interface StoredPlace {
  readonly owner: Owner;
  /** Null: the event names none. */
  readonly installation: Installation | null;
  readonly repository: Repository;
}

/** Installation and repository are held against changes until the transaction ends; the owner is not locked. */
export async function storePlace(
  tx: Tx,
  { forge, host, ownerMaxRunning }: Intake,
  { repository: told, installationId }: EventPlace,
): Promise<StoredPlace> {
  const owner = await ensureOwner(tx, { forge, host, ...ownerFacts(told.owner) }, ownerMaxRunning);
  const installation =
    installationId === null
      ? null
      : await holdInstallation(tx, { forge, host, externalId: installationId, ownerId: owner.id });
  const repository = await storeRepository(tx, {
    forge,
    host,
    externalId: told.id,
    ownerId: owner.id,
    installationId: installation?.id ?? null,
    fullName: told.fullName,
    defaultBranch: told.defaultBranch,
    private: told.private,
  });
  return { owner, installation, repository };
}

export function ownerFacts({ id, login, kind }: PayloadAccount) {
  return { externalId: id, login, kind };
}
