/** Makes an installation's stored repositories those the forge lists, and says whose turn it is to be swept. */
import type { Installation, RepositoryFacts } from "../../adapters/forge/forge.ts";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import { findInstalledRepositories, takeRepositoriesToSweep } from "../../adapters/postgres/sweep-views.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { applyInstallationRepositories } from "./apply-installation.ts";
import type { SweepContext, SweepCounts } from "./sweep-context.ts";

/**
 * Repositories of one installation a sweep asks for their pull requests: at the usual 12 sweeps an hour a quarter of
 * the 5,000 calls that publishing lives on. Where there are more they take turns.
 */
const maxRepositories = 100;

export async function sweepRepositories(
  ctx: SweepContext,
  installation: Installation,
  counts: SweepCounts,
): Promise<readonly RepositoryFacts[]> {
  const { db, forge, intake } = ctx;
  const { forge: kind, host } = intake;
  const known = await findInstalledRepositories(db, { forge: kind, host, externalId: installation.id });
  const listed = await Array.fromAsync(forge.listInstallationRepositories(installation.id));
  const changed = findChanged(known, listed);
  if (changed.added.length > 0 || changed.removedIds.length > 0) {
    await storeRepositories(ctx, installation, changed);
    counts.repositories += changed.added.length + changed.removedIds.length;
  }
  const externalIds = listed.filter(({ archived }) => !archived).map(({ id }) => id);
  const taken = new Set(
    await takeRepositoriesToSweep(db, { forge: kind, host, externalIds, limit: maxRepositories }),
  );
  return listed.filter(({ id }) => taken.has(id));
}

interface ChangedRepositories {
  readonly added: readonly RepositoryFacts[];
  readonly removedIds: readonly number[];
}

function findChanged(known: readonly Repository[], listed: readonly RepositoryFacts[]): ChangedRepositories {
  const knownById = new Map(known.map((repository) => [repository.externalId, repository]));
  const listedIds = new Set(listed.map(({ id }) => id));
  return {
    added: listed.filter((told) => {
      const stored = knownById.get(told.id);
      return stored?.fullName !== told.fullName || stored.private !== told.private;
    }),
    removedIds: [...knownById.keys()].filter((id) => !listedIds.has(id)),
  };
}

async function storeRepositories(
  { db, log, intake }: SweepContext,
  { id, account, permissions, updatedAt }: Installation,
  { added, removedIds }: ChangedRepositories,
): Promise<void> {
  const installation = { id, account, permissions, updatedAt: new Date(updatedAt) };
  const event = { kind: "installation_repositories", installation, added, removedIds } as const;
  await inTransaction(db, (tx) => applyInstallationRepositories(tx, intake, event));
  const names = added.map(({ fullName }) => fullName);
  log.info({ installationId: id, added: names, removedIds }, "repositories were not known so");
}
