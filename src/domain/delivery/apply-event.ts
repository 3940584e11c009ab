/** Acts on an event, inside the delivery's transaction. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { applyConfigurationPushed } from "./apply-configuration-pushed.ts";
import { applyConversation } from "./apply-conversation.ts";
import { applyInstallation, applyInstallationRepositories, applyOwnerRenamed } from "./apply-installation.ts";
import { applyPullRequest } from "./apply-pull-request.ts";
import { applyRepository } from "./apply-repository.ts";
import { applyRerequest } from "./apply-rerequest.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import type { DeliveryOutcome } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";

/**
 * Locks are taken in one order everywhere: the delivery, a new owner, the installation, repositories by their forge's
 * id, then what the queue locks (pull requests, owners, tasks).
 */
export async function applyEvent(tx: Tx, intake: Intake, event: DeliveryEvent): Promise<DeliveryOutcome> {
  switch (event.kind) {
    case "pull_request":
      return await applyPullRequest(tx, intake, event);
    case "conversation":
      return await applyConversation(tx, intake, event);
    case "rerequest":
      return await applyRerequest(tx, intake, event);
    case "installation":
      return await applyInstallation(tx, intake, event);
    case "installation_repositories":
      return await applyInstallationRepositories(tx, intake, event);
    case "owner_renamed":
      return await applyOwnerRenamed(tx, intake, event);
    case "repository":
      return await applyRepository(tx, intake, event);
    case "configuration_pushed":
      return await applyConfigurationPushed(tx, intake, event);
    case "none":
      return event.outcome;
  }
}
