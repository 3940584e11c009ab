/** Events about where the App is installed. They carry the whole installation, where others only name its id. */
import { z } from "zod";
import { actionNotUsed, type DeliveryEvent } from "./delivery-event.ts";
import { account, anyAction, forgeId, installation, listedRepository } from "./github-payload.ts";

const statusAfter = {
  created: "active",
  unsuspend: "active",
  new_permissions_accepted: "active",
  suspend: "suspended",
  deleted: "deleted",
} as const;

const installationPayload = z.object({ installation, repositories: z.array(listedRepository).nullish() });
const repositoriesPayload = z.object({
  installation,
  repositories_added: z.array(listedRepository),
  repositories_removed: z.array(z.object({ id: forgeId })),
});
const targetPayload = z.object({ account, target_type: z.string() });

export function parseInstallation(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  if (!isUsed(action)) return actionNotUsed;
  const parsed = installationPayload.parse(payload);
  return {
    kind: "installation",
    status: statusAfter[action],
    installation: parsed.installation,
    repositories: action === "created" ? (parsed.repositories ?? []) : [],
  };
}

export function parseInstallationRepositories(payload: object): DeliveryEvent {
  const parsed = repositoriesPayload.parse(payload);
  return {
    kind: "installation_repositories",
    installation: parsed.installation,
    added: parsed.repositories_added,
    removedIds: parsed.repositories_removed.map(({ id }) => id),
  };
}

export function parseInstallationTarget(payload: object): DeliveryEvent {
  if (anyAction.parse(payload).action !== "renamed") return actionNotUsed;
  return { kind: "owner_renamed", account: targetPayload.parse(payload).account };
}

function isUsed(action: string): action is keyof typeof statusAfter {
  return Object.hasOwn(statusAfter, action);
}
