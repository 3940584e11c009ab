/** Makes the stored installations those the forge lists: events that told of a change may have been lost. */
import { type Forge, type Installation, InstallationUnavailableError } from "../../adapters/forge/forge.ts";
import { findKnownInstallations, type KnownInstallation } from "../../adapters/postgres/sweep-views.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { applyInstallation, applyOwnerRenamed } from "./apply-installation.ts";
import type { InstallationAction } from "./delivery-event.ts";
import type { SweepContext, SweepCounts } from "./sweep-context.ts";

/** Answers the installations that are active. */
export async function sweepInstallations(
  ctx: SweepContext,
  counts: SweepCounts,
): Promise<readonly Installation[]> {
  // Read before the forge is asked: what is stored later is no reason to take a listed one for changed.
  const known = await findKnownInstallations(ctx.db, ctx.intake);
  const knownById = new Map(known.map((one) => [one.installation.externalId, one]));
  const listed = await Array.fromAsync(ctx.forge.listInstallations());
  for (const told of listed) {
    const stored = knownById.get(told.id);
    if (stored && !differs(stored, told)) continue;
    await storeInstallation(ctx, told, told.suspended ? "suspended" : "active");
    counts.installations++;
  }
  const listedIds = new Set(listed.map(({ id }) => id));
  for (const stored of known) {
    if (listedIds.has(stored.installation.externalId) || !(await isDeleted(ctx.forge, stored))) continue;
    await storeInstallation(ctx, asDeleted(stored), "deleted");
    counts.installations++;
  }
  return listed.filter(({ suspended }) => !suspended);
}

async function storeInstallation(
  { db, log, intake }: SweepContext,
  { id, account, permissions, updatedAt }: Installation,
  status: InstallationAction,
): Promise<void> {
  const installation = { id, account, permissions, updatedAt: new Date(updatedAt) };
  const { outcome, reason } = await inTransaction(db, async (tx) => {
    const event = { kind: "installation", installation, status, repositories: [] } as const;
    const result = await applyInstallation(tx, intake, event);
    await applyOwnerRenamed(tx, intake, { kind: "owner_renamed", account });
    return result;
  });
  log.info(
    { installationId: id, login: account.login, status, outcome, reason },
    "installation was not known so",
  );
}

function differs({ installation, owner }: KnownInstallation, told: Installation): boolean {
  return (
    (installation.status === "suspended") !== told.suspended ||
    owner.externalId !== told.account.id ||
    owner.login !== told.account.login ||
    !Bun.deepEquals(installation.permissions, told.permissions)
  );
}

/** A list may leave one out by mistake, and deleting is for good: the installation itself has the last word. */
async function isDeleted(forge: Forge, { installation }: KnownInstallation): Promise<boolean> {
  try {
    for await (const _ of forge.listInstallationRepositories(installation.externalId)) break;
    return false;
  } catch (error) {
    if (error instanceof InstallationUnavailableError) return error.state === "deleted";
    throw error;
  }
}

function asDeleted({ installation, owner }: KnownInstallation): Installation {
  const { externalId: id, login, kind } = owner;
  return {
    id: installation.externalId,
    account: { id, login, kind, isBot: false },
    suspended: false,
    permissions: {},
    updatedAt: installation.updatedAt.toISOString(),
  };
}
