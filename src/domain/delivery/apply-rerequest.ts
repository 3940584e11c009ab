/** Somebody pressed "re-run": the head is reviewed again if it is still a pull request's newest. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { getOwner } from "../../adapters/postgres/owners.ts";
import { lockOpenPullRequestsAt } from "../../adapters/postgres/pull-requests.ts";
import { findRepository } from "../../adapters/postgres/repositories.ts";
import { requestReview } from "../task/request-review.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";

export async function applyRerequest(
  tx: Tx,
  { forge, host, taskMaxAttempts }: Intake,
  event: Extract<DeliveryEvent, { kind: "rerequest" }>,
): Promise<DeliveryOutcome> {
  const repository = await findRepository(tx, { forge, host, externalId: event.repositoryId });
  if (!repository) return ignored("unknown_repository");
  const { headSha } = event;
  const pullRequests = await lockOpenPullRequestsAt(tx, {
    repositoryId: repository.id,
    ownerId: repository.ownerId,
    headSha,
  });
  const owner = await getOwner(tx, repository.ownerId);
  let first: DeliveryOutcome | null = null;
  for (const pullRequest of pullRequests) {
    const requested = await requestReview(tx, {
      repository,
      pullRequest,
      owner,
      trigger: "rerequest",
      maxAttempts: taskMaxAttempts,
      createdBy: event.requestedBy,
    });
    first ??= requested;
  }
  return first ?? ignored("unknown_pull_request");
}
