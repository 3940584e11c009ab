/** What the sweep compares with the forge: installations, repositories and pull requests as they are stored. */
import { and, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import type { Installation } from "./installations.ts";
import type { Owner } from "./owners.ts";
import type { PullRequest } from "./pull-requests.ts";
import type { Repository, RepositoryKey } from "./repositories.ts";
import { installations, owners, pullRequests, repositories } from "./schema.ts";
import type { SkipReason } from "./tasks.ts";

interface ForgePlace {
  readonly forge: "github";
  readonly host: string;
}

export interface KnownInstallation {
  readonly installation: Installation;
  readonly owner: Owner;
}

/** All but the deleted ones. */
export async function findKnownInstallations(
  db: Db,
  { forge, host }: ForgePlace,
): Promise<readonly KnownInstallation[]> {
  return await db
    .select({ installation: installations, owner: owners })
    .from(installations)
    .innerJoin(owners, eq(owners.id, installations.ownerId))
    .where(
      and(eq(installations.forge, forge), eq(installations.host, host), ne(installations.status, "deleted")),
    )
    .orderBy(installations.id);
}

export async function findInstalledRepositories(
  db: Db,
  installation: ForgePlace & { readonly externalId: number },
): Promise<readonly Repository[]> {
  const rows = await db
    .select({ repository: repositories })
    .from(repositories)
    .innerJoin(installations, eq(installations.id, repositories.installationId))
    .where(
      and(
        eq(installations.forge, installation.forge),
        eq(installations.host, installation.host),
        eq(installations.externalId, installation.externalId),
      ),
    );
  return rows.map(({ repository }) => repository);
}

/**
 * Those of the repositories whose turn it is: the ones that were not swept for longest. They are marked at once, so
 * that one that cannot be swept does not come first for ever.
 */
export async function takeRepositoriesToSweep(
  db: Db,
  take: ForgePlace & { readonly externalIds: readonly number[]; readonly limit: number },
): Promise<readonly number[]> {
  const turn = db
    .select({ id: repositories.id })
    .from(repositories)
    .where(
      and(
        eq(repositories.forge, take.forge),
        eq(repositories.host, take.host),
        inArray(repositories.externalId, [...take.externalIds]),
      ),
    )
    .orderBy(sql`${repositories.sweptAt} nulls first`, repositories.id)
    .limit(take.limit);
  // In the order in which events lock them: the two would wait for each other otherwise.
  const locked = db
    .select({ id: repositories.id })
    .from(repositories)
    .where(inArray(repositories.id, turn))
    .orderBy(repositories.externalId)
    .for("no key update");
  const taken = await db
    .update(repositories)
    .set({ sweptAt: sql`reviewd_now()` })
    .where(inArray(repositories.id, locked))
    .returning({ externalId: repositories.externalId });
  return taken.map(({ externalId }) => externalId);
}

export interface KnownPullRequest {
  readonly row: PullRequest;
  /** Its head, on this base, is reviewed, about to be, or failed; or a person called its review off. */
  readonly isCovered: boolean;
  /** Why its head was skipped so far. */
  readonly skipReasons: readonly SkipReason[];
}

/**
 * What stands for the head being dealt with. A review that was stopped by events may have to be done after all.
 * Columns by their SQL names: drizzle leaves the table's name away here, and inside these they would be the tasks'.
 */
const isCovered = sql<boolean>`exists (
    select from tasks t where t.pull_request_id = pull_requests.id and t.head_sha = pull_requests.head_sha
      and t.base_ref = pull_requests.base_ref
      and t.trigger in ('webhook', 'sweep') and t.status in ('pending', 'running', 'completed')
  ) or exists (
    select from tasks t where t.repository_id = pull_requests.repository_id
      and t.pull_request_id = pull_requests.id and t.head_sha = pull_requests.head_sha
      and t.base_ref = pull_requests.base_ref
      and (t.status = 'failed' or t.output_mode = 'forge' and t.status in ('pending', 'running', 'completed')
        or t.status = 'cancelled' and t.reason = 'requested'))`;

const skipReasons = sql<SkipReason[]>`array(
    select t.reason from tasks t where t.pull_request_id = pull_requests.id
      and t.head_sha = pull_requests.head_sha and t.base_ref = pull_requests.base_ref and t.status = 'skipped')`;

/** Of a repository: those we take for open, and those with these numbers. */
export async function findKnownPullRequests(
  db: Db,
  repositoryId: string,
  numbers: readonly number[],
): Promise<readonly KnownPullRequest[]> {
  return await db
    .select({ row: pullRequests, isCovered, skipReasons })
    .from(pullRequests)
    .where(
      and(
        eq(pullRequests.repositoryId, repositoryId),
        or(eq(pullRequests.state, "open"), inArray(pullRequests.number, [...numbers])),
      ),
    )
    .orderBy(pullRequests.number);
}

export async function findRepositoryAndOwner(
  db: Db,
  key: RepositoryKey,
): Promise<{ readonly repository: Repository; readonly owner: Owner } | null> {
  const [found] = await db
    .select({ repository: repositories, owner: owners })
    .from(repositories)
    .innerJoin(owners, eq(owners.id, repositories.ownerId))
    .where(
      and(
        eq(repositories.forge, key.forge),
        eq(repositories.host, key.host),
        eq(repositories.externalId, key.externalId),
      ),
    );
  return found ?? null;
}
