/** The repository_configurations table: what was last read on each base branch, and whether it may be out of date. */
import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { owners, repositoryConfigurations } from "./schema.ts";
import { storableJson } from "./storable-json.ts";

export interface BaseBranch {
  readonly repositoryId: string;
  readonly baseRef: string;
}

export type StoredConfiguration = typeof repositoryConfigurations.$inferSelect;

/** What was stored of an owner and a base branch. Settings as they were when they were valid; see readStoredSettings. */
export interface StoredLayers {
  readonly owner: unknown;
  /** Null: nothing was ever read there. */
  readonly repository: Pick<StoredConfiguration, "settings" | "commitSha" | "readAt" | "staleAt"> | null;
}

/** @throws Error when there is no such owner */
export async function getStoredLayers(
  db: Db | Tx,
  { ownerId, repositoryId, baseRef }: BaseBranch & { readonly ownerId: string },
): Promise<StoredLayers> {
  const { settings, commitSha, readAt, staleAt } = repositoryConfigurations;
  const [row] = await db
    .select({ owner: owners.reviewSettings, repository: { settings, commitSha, readAt, staleAt } })
    .from(owners)
    .leftJoin(repositoryConfigurations, isBranch({ repositoryId, baseRef }))
    .where(eq(owners.id, ownerId));
  if (!row) throw new Error(`there is no owner ${ownerId}`);
  return row;
}

/** Of all base branches of a repository. */
export async function findStoredConfigurations(
  db: Db,
  repositoryId: string,
): Promise<readonly StoredConfiguration[]> {
  return await db
    .select()
    .from(repositoryConfigurations)
    .where(eq(repositoryConfigurations.repositoryId, repositoryId));
}

export interface ReadBranch extends BaseBranch {
  /** The running task that read it: since when it ran says which of two knows better. */
  readonly taskId: string;
}

/** Keeps a valid configuration. Writes only where it says something new, since every review comes by here. */
export async function storeSettings(
  db: Db,
  {
    repositoryId,
    baseRef,
    taskId,
    commitSha,
    settings,
  }: ReadBranch & { commitSha: string; settings: object },
): Promise<void> {
  await db.execute(sql`
    insert into repository_configurations as stored (repository_id, base_ref, commit_sha, settings, read_at)
    select ${repositoryId}::uuid, ${baseRef}, ${commitSha}, ${storableJson(settings)}::jsonb, started_at
    from tasks where id = ${taskId}
    on conflict (repository_id, base_ref) do update
    set commit_sha = excluded.commit_sha, settings = excluded.settings, read_at = excluded.read_at,
      stale_at = case when stored.stale_at >= excluded.read_at then stored.stale_at end
    where stored.read_at <= excluded.read_at and (stored.stale_at is not null
      or (stored.commit_sha, stored.settings) is distinct from (excluded.commit_sha, excluded.settings))`);
}

/** What is there now is not valid: what was kept stays, and is not out of date. */
export async function keepSettings(db: Db, { taskId, ...branch }: ReadBranch): Promise<void> {
  const startedAt = sql`(select started_at from tasks where id = ${taskId})`;
  await db
    .update(repositoryConfigurations)
    .set({ staleAt: null, readAt: startedAt })
    .where(and(isBranch(branch), sql`stale_at < ${startedAt}`, sql`read_at <= ${startedAt}`));
}

/** A push may have changed the file. One that was never read is known from now on, as one that nobody has read. */
export async function markStale(
  tx: Tx,
  { repositoryId, baseRef, commitSha }: BaseBranch & { readonly commitSha: string },
): Promise<void> {
  const staleAt = sql`reviewd_now()`;
  await tx
    .insert(repositoryConfigurations)
    .values({ repositoryId, baseRef, commitSha, settings: {}, staleAt })
    .onConflictDoUpdate({
      target: [repositoryConfigurations.repositoryId, repositoryConfigurations.baseRef],
      set: { staleAt },
    });
}

function isBranch({ repositoryId, baseRef }: BaseBranch) {
  return and(
    eq(repositoryConfigurations.repositoryId, repositoryId),
    eq(repositoryConfigurations.baseRef, baseRef),
  );
}
