/** What an installation's own events do: whether the App is let in, into which repositories, and what ends with it. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  holdInstallation,
  type Installation,
  storeInstallation,
  wakeWaiting,
} from "../../adapters/postgres/installations.ts";
import { ensureOwner, renameOwner } from "../../adapters/postgres/owners.ts";
import { findUnfinishedPullRequestIds } from "../../adapters/postgres/pull-requests.ts";
import {
  detachRepositories,
  lockRepositories,
  lockRepositoriesOf,
  storeRepositories,
} from "../../adapters/postgres/repositories.ts";
import type { StopReason } from "../../adapters/postgres/tasks.ts";
import { stopTasks } from "../task/stop-tasks.ts";
import type { DeliveryEvent, ListedRepository } from "./delivery-event.ts";
import { cancelled, type DeliveryOutcome, ignored, recorded, stale } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";
import { ownerFacts } from "./store-place.ts";

export async function applyInstallation(
  tx: Tx,
  intake: Intake,
  { installation: told, status, repositories }: Extract<DeliveryEvent, { kind: "installation" }>,
): Promise<DeliveryOutcome> {
  if (!told.account) return ignored("no_account");
  const { forge, host, ownerMaxRunning } = intake;
  const owner = await ensureOwner(tx, { forge, host, ...ownerFacts(told.account) }, ownerMaxRunning);
  const { id: externalId, permissions, updatedAt } = told;
  const facts = { forge, host, externalId, ownerId: owner.id, status, permissions, updatedAt };
  const stored = await storeInstallation(tx, facts);
  if (!stored) return stale;
  if (status === "active") {
    // Whatever was missing may have been granted.
    await wakeWaiting(tx, stored.id);
    await addRepositories(tx, intake, stored, repositories);
    return recorded("facts");
  }
  const reason = status === "deleted" ? "uninstalled" : "suspended";
  const repositoryIds = await lockRepositoriesOf(tx, stored.id);
  return cancelled(reason, await stopAllIn(tx, repositoryIds, reason));
}

export async function applyInstallationRepositories(
  tx: Tx,
  intake: Intake,
  event: Extract<DeliveryEvent, { kind: "installation_repositories" }>,
): Promise<DeliveryOutcome> {
  const { account, id: externalId } = event.installation;
  if (!account) return ignored("no_account");
  const { forge, host, ownerMaxRunning } = intake;
  const owner = await ensureOwner(tx, { forge, host, ...ownerFacts(account) }, ownerMaxRunning);
  const installation = await holdInstallation(tx, { forge, host, externalId, ownerId: owner.id });
  if (installation.status === "deleted") return ignored("uninstalled");

  // All of both kinds at once: two events that cross each other would wait for each other otherwise.
  const externalIds = [...event.removedIds, ...event.added.map(({ id }) => id)];
  const locked = await lockRepositories(tx, { forge, host, externalIds });
  await addRepositories(tx, intake, installation, event.added);
  const removed = new Set(event.removedIds);
  const removedIds = locked
    .filter((one) => one.installationId === installation.id && removed.has(one.externalId))
    .map(({ id }) => id);
  const stopped = await stopAllIn(tx, removedIds, "repository_removed");
  await detachRepositories(tx, removedIds);
  return event.removedIds.length > 0 ? cancelled("repository_removed", stopped) : recorded("facts");
}

export async function applyOwnerRenamed(
  tx: Tx,
  { forge, host, ownerMaxRunning }: Intake,
  { account }: Extract<DeliveryEvent, { kind: "owner_renamed" }>,
): Promise<DeliveryOutcome> {
  const owner = await ensureOwner(tx, { forge, host, ...ownerFacts(account) }, ownerMaxRunning);
  await renameOwner(tx, { id: owner.id, login: account.login });
  return recorded("facts");
}

async function addRepositories(
  tx: Tx,
  { forge, host }: Intake,
  { id: installationId, ownerId }: Installation,
  added: readonly ListedRepository[],
): Promise<void> {
  const facts = added.map(({ id: externalId, fullName, private: isPrivate }) => {
    return {
      forge,
      host,
      externalId,
      ownerId,
      installationId,
      fullName,
      private: isPrivate,
      defaultBranch: null,
    };
  });
  await storeRepositories(tx, facts);
}

/** The caller has locked the repositories. Returns the tasks that were stopped. */
export async function stopAllIn(
  tx: Tx,
  repositoryIds: readonly string[],
  reason: StopReason,
): Promise<readonly string[]> {
  const pullRequestIds = await findUnfinishedPullRequestIds(tx, repositoryIds);
  return await stopTasks(tx, { pullRequestIds, reason, automaticOnly: false });
}
