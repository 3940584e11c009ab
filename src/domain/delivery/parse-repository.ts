/** The event repository: what became of a repository itself. */
import { z } from "zod";
import { actionNotUsed, type DeliveryEvent, type RepositoryAction } from "./delivery-event.ts";
import { anyAction, installationId, repository } from "./github-payload.ts";

const actions: Readonly<Record<string, RepositoryAction>> = {
  deleted: "deleted",
  archived: "archived",
  transferred: "transferred",
  created: "changed",
  edited: "changed",
  publicized: "changed",
  privatized: "changed",
  renamed: "changed",
  unarchived: "changed",
};

/**
 * Nearly every event has a repository, and many an action `deleted`. What tells this one apart is that it has nothing
 * else, so other parts are not tolerated here.
 */
const payloadSchema = z.strictObject({
  action: z.string(),
  repository,
  installation: installationId,
  changes: z.unknown().optional(),
  sender: z.unknown().optional(),
  organization: z.unknown().optional(),
  enterprise: z.unknown().optional(),
});

export function parseRepository(payload: object): DeliveryEvent {
  const { action: name } = anyAction.parse(payload);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) return actionNotUsed;
  const { repository: repo, installation } = payloadSchema.parse(payload);
  return {
    kind: "repository",
    action,
    place: { repository: repo, installationId: installation?.id ?? null },
  };
}
