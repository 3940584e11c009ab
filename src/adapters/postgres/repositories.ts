/** The repositories table: known by the forge's id; names, owner and installation are as last seen. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { repositories } from "./schema.ts";
import { uuidArray } from "./seats.ts";

export type Repository = typeof repositories.$inferSelect;

export interface RepositoryKey {
  readonly forge: string;
  readonly host: string;
  readonly externalId: number;
}

export interface StoredRepositoryFacts extends RepositoryKey {
  readonly ownerId: string;
  /** Null: the event did not say, what is stored stays. */
  readonly installationId: string | null;
  readonly fullName: string;
  /** Null: the event did not say, what is stored stays. */
  readonly defaultBranch: string | null;
  readonly private: boolean;
}

/**
 * Stores what an event says of its repository and holds the row against changes, like holdInstallation. Writes only
 * where something differs: many events of one repository come at the same time.
 */
export async function storeRepository(tx: Tx, facts: StoredRepositoryFacts): Promise<Repository> {
  const [inserted] = await tx
    .insert(repositories)
    .values({ ...facts, id: Bun.randomUUIDv7() })
    .onConflictDoNothing()
    .returning();
  if (inserted) return inserted;
  const [changed] = await tx
    .update(repositories)
    .set({
      ownerId: facts.ownerId,
      installationId: sql`coalesce(${facts.installationId}::uuid, ${repositories.installationId})`,
      fullName: facts.fullName,
      defaultBranch: sql`coalesce(${facts.defaultBranch}, ${repositories.defaultBranch})`,
      private: facts.private,
      updatedAt: sql`reviewd_now()`,
    })
    .where(and(isRepository(facts), differs(facts)))
    .returning();
  if (changed) return changed;
  const [found] = await tx.select().from(repositories).where(isRepository(facts)).for("share");
  if (!found) throw new Error("a repository that made an insert conflict is gone");
  return found;
}

/** The same for many, of which an installation event tells only the names. */
export async function storeRepositories(tx: Tx, facts: readonly StoredRepositoryFacts[]): Promise<void> {
  // In one order everywhere, so that two such events cannot wait for each other.
  for (const repository of facts.toSorted((a, b) => a.externalId - b.externalId)) {
    await storeRepository(tx, repository);
  }
}

export async function findRepository(db: Db | Tx, key: RepositoryKey): Promise<Repository | null> {
  const [row] = await db.select().from(repositories).where(isRepository(key));
  return row ?? null;
}

export async function findRepositoryById(db: Db, id: string): Promise<Repository | null> {
  const [row] = await db.select().from(repositories).where(eq(repositories.id, id));
  return row ?? null;
}

export async function setReviewMode(db: Db, id: string, reviewMode: Repository["reviewMode"]): Promise<void> {
  await db
    .update(repositories)
    .set({ reviewMode, updatedAt: sql`reviewd_now()` })
    .where(eq(repositories.id, id));
}

/**
 * All repositories of an installation, locked in order. For whoever ends the work in them: events that bring new work
 * hold the same rows.
 */
export async function lockRepositoriesOf(tx: Tx, installationId: string): Promise<readonly string[]> {
  const rows = await lockInOrder(tx, eq(repositories.installationId, installationId));
  return rows.map(({ id }) => id);
}

/** Those of the repositories that are known, whosever they are, locked in order. */
export async function lockRepositories(
  tx: Tx,
  {
    forge,
    host,
    externalIds,
  }: Omit<RepositoryKey, "externalId"> & { readonly externalIds: readonly number[] },
): Promise<readonly LockedRepository[]> {
  // One parameter, however many there are: a statement takes no more than 65,535.
  const isNamed = sql`${repositories.externalId} = any(${`{${externalIds.join(",")}}`}::bigint[])`;
  return await lockInOrder(tx, and(eq(repositories.forge, forge), eq(repositories.host, host), isNamed));
}

type LockedRepository = Pick<Repository, "id" | "externalId" | "installationId">;

async function lockInOrder(tx: Tx, which: SQL | undefined): Promise<readonly LockedRepository[]> {
  const { id, externalId, installationId } = repositories;
  return await tx
    .select({ id, externalId, installationId })
    .from(repositories)
    .where(which)
    .orderBy(externalId)
    .for("no key update");
}

/** One repository, locked; null when it is not known. */
export async function lockRepository(tx: Tx, key: RepositoryKey): Promise<Repository | null> {
  const [row] = await tx.select().from(repositories).where(isRepository(key)).for("no key update");
  return row ?? null;
}

/** The App may not see these any more. The caller has locked them. */
export async function detachRepositories(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx
    .update(repositories)
    .set({ installationId: null, updatedAt: sql`reviewd_now()` })
    .where(sql`${repositories.id} = any(${uuidArray(ids)})`);
}

/** It belongs to another owner now, whose installation is not known yet. The caller has locked it. */
export async function moveRepository(
  tx: Tx,
  { id, ownerId, fullName }: Pick<Repository, "id" | "ownerId" | "fullName">,
): Promise<void> {
  await tx
    .update(repositories)
    .set({ ownerId, fullName, installationId: null, updatedAt: sql`reviewd_now()` })
    .where(eq(repositories.id, id));
}

function isRepository(key: RepositoryKey): SQL | undefined {
  return and(
    eq(repositories.forge, key.forge),
    eq(repositories.host, key.host),
    eq(repositories.externalId, key.externalId),
  );
}

function differs(facts: StoredRepositoryFacts): SQL {
  return sql`(${repositories.ownerId}, ${repositories.installationId}, ${repositories.fullName},
      ${repositories.defaultBranch}, ${repositories.private})
    is distinct from (${facts.ownerId}::uuid, coalesce(${facts.installationId}::uuid, ${repositories.installationId}),
      ${facts.fullName}, coalesce(${facts.defaultBranch}, ${repositories.defaultBranch}), ${facts.private})`;
}
