/** Accounts and the App's installations on them, made when first named. */
import { renderInstallation } from "../render/installation.ts";
import { fullName } from "../render/repository.ts";
import type { Account, Installation, Repository } from "../state.ts";
import { emitForInstallation } from "../webhooks/emit.ts";
import type { World } from "../world.ts";

/** A login that ends in `[bot]` is an App's account, as on GitHub. */
export function ensureAccount(
  world: World,
  login: string,
  wanted: "User" | "Organization" = "User",
): Account {
  const known = world.findAccount(login);
  if (known) return known;
  const kind: Account["kind"] = login.endsWith("[bot]") ? "Bot" : wanted;
  const account = { ...world.nextId("account"), login, kind, createdAt: world.clock.now(), deleted: false };
  world.accounts.push(account);
  return account;
}

export function ensureInstallation(world: World, account: Account): Installation {
  const known = world.installations.find((i) => i.account === account && !i.deleted);
  if (known) return known;
  const now = world.clock.now();
  const installation: Installation = {
    id: world.nextId("installation").id,
    account,
    permissions: world.app.permissions,
    repositorySelection: "all",
    createdAt: now,
    updatedAt: now,
    suspendedAt: null,
    deleted: false,
  };
  world.installations.push(installation);
  return installation;
}

type InstallationAction = "created" | "deleted" | "suspend" | "unsuspend" | "new_permissions_accepted";

export function announceInstallation(
  world: World,
  installation: Installation,
  action: InstallationAction,
): void {
  const covered = world.repositories.filter(
    (r) => r.owner === installation.account && r.installed && !r.deleted,
  );
  emitForInstallation(world, installation, {
    event: "installation",
    action,
    sender: installation.account,
    payload: {
      installation: renderInstallation(world, installation),
      repositories: covered.map(renderCovered),
      ...(action === "created" && { requester: null }),
    },
  });
}

export function announceRepositories(world: World, installation: Installation, repository: Repository): void {
  const action = repository.installed ? "added" : "removed";
  emitForInstallation(world, installation, {
    event: "installation_repositories",
    action,
    sender: installation.account,
    payload: {
      installation: renderInstallation(world, installation),
      repository_selection: installation.repositorySelection,
      repositories_added: repository.installed ? [renderCovered(repository)] : [],
      repositories_removed: repository.installed ? [] : [renderCovered(repository)],
      requester: null,
    },
  });
}

function renderCovered(repository: Repository) {
  return {
    id: repository.id,
    node_id: repository.nodeId,
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  };
}
