/** A push may have changed a branch's configuration: until a review has read it, what is stored of it decides nothing. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { findRepository } from "../../adapters/postgres/repositories.ts";
import { markStale } from "../../adapters/postgres/repository-configurations.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";

export async function applyConfigurationPushed(
  tx: Tx,
  { forge, host }: Intake,
  { repositoryId, branch, commitSha }: Extract<DeliveryEvent, { kind: "configuration_pushed" }>,
): Promise<DeliveryOutcome> {
  const repository = await findRepository(tx, { forge, host, externalId: repositoryId });
  if (!repository) return ignored("unknown_repository");
  await markStale(tx, { repositoryId: repository.id, baseRef: branch, commitSha });
  return recorded("configuration");
}
