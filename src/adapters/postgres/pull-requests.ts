/** The pull_requests table: the facts of the newest known state of each pull request. */
import { and, eq, sql } from "drizzle-orm";
import type { PullRequestFacts } from "../forge/forge.ts";
import type { Db, Tx } from "./connect.ts";
import type { Owner } from "./owners.ts";
import { owners, pullRequests } from "./schema.ts";
import { lockPlaces, uuidArray } from "./seats.ts";

export type PullRequest = typeof pullRequests.$inferSelect;

export interface EnsuredPullRequest {
  readonly row: PullRequest;
  readonly created: boolean;
  /** Of the owner, read under its lock: whoever blocks it later finds the task that this leads to. */
  readonly plan: Owner["plan"];
}

/**
 * The pull request with its row and its owner's locked, made from these facts on first sight. What is stored of one
 * that was there already is left as it is.
 */
export async function ensurePullRequest(
  tx: Tx,
  pullRequest: { readonly repositoryId: string; readonly ownerId: string; readonly facts: PullRequestFacts },
): Promise<EnsuredPullRequest> {
  const { repositoryId, ownerId, facts } = pullRequest;
  const inserted = await tx
    .insert(pullRequests)
    .values({ ...columnsOf(facts), repositoryId, id: Bun.randomUUIDv7(), number: facts.number })
    .onConflictDoNothing()
    .returning({ id: pullRequests.id });
  const found = inserted.length > 0 ? null : await findPullRequest(tx, repositoryId, facts.number);
  const id = inserted[0]?.id ?? found?.id;
  if (!id) throw new Error("a pull request that made an insert conflict is gone");
  await lockPlaces(tx, { pullRequestIds: [id], ownerIds: [ownerId] });
  const [locked] = await tx
    .select({ row: pullRequests, plan: owners.plan })
    .from(pullRequests)
    .innerJoin(owners, eq(owners.id, ownerId))
    .where(eq(pullRequests.id, id));
  if (!locked) throw new Error(`pull request ${id} was deleted while it was locked`);
  return { ...locked, created: inserted.length > 0 };
}

/** The caller has locked it and compared the facts with the stored ones. */
export async function updatePullRequest(tx: Tx, id: string, facts: PullRequestFacts): Promise<PullRequest> {
  const [row] = await tx
    .update(pullRequests)
    .set(columnsOf(facts))
    .where(eq(pullRequests.id, id))
    .returning();
  if (!row) throw new Error(`pull request ${id} was deleted while it was locked`);
  return row;
}

export async function findPullRequest(
  db: Db | Tx,
  repositoryId: string,
  number: number,
): Promise<PullRequest | null> {
  const [row] = await db
    .select()
    .from(pullRequests)
    .where(and(eq(pullRequests.repositoryId, repositoryId), eq(pullRequests.number, number)));
  return row ?? null;
}

/** Open pull requests of a repository at this head, locked with their owner. Usually one. */
export async function lockOpenPullRequestsAt(
  tx: Tx,
  at: { readonly repositoryId: string; readonly ownerId: string; readonly headSha: string },
): Promise<readonly PullRequest[]> {
  const isThere = and(
    eq(pullRequests.repositoryId, at.repositoryId),
    eq(pullRequests.headSha, at.headSha),
    eq(pullRequests.state, "open"),
  );
  const found = await tx.select({ id: pullRequests.id }).from(pullRequests).where(isThere);
  const pullRequestIds = found.map(({ id }) => id);
  await lockPlaces(tx, { pullRequestIds, ownerIds: [at.ownerId] });
  // Read anew under the lock: a push may have moved one meanwhile.
  return await tx.select().from(pullRequests).where(isThere).orderBy(pullRequests.id);
}

/** Pull requests of these repositories on which a task is not over. */
export async function findUnfinishedPullRequestIds(
  tx: Tx,
  repositoryIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select distinct pull_request_id as id from tasks
    where repository_id = any(${uuidArray(repositoryIds)}) and status in ('pending', 'running')`);
  return rows.map(({ id }) => id);
}

/** The stored facts in the shape in which a forge tells them. */
export function factsOf(row: PullRequest): PullRequestFacts {
  const { authorExternalId: id, authorLogin: login, authorIsBot: isBot } = row;
  return {
    number: row.number,
    title: row.title,
    state: row.state,
    merged: row.merged,
    draft: row.draft,
    author: id === null || login === null ? null : { id, login, isBot },
    fromFork: row.fromFork,
    labels: row.labels,
    headSha: row.headSha,
    baseRef: row.baseRef,
    baseSha: row.baseSha,
    updatedAt: row.forgeUpdatedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
  };
}

function columnsOf(facts: PullRequestFacts) {
  return {
    state: facts.state,
    merged: facts.merged,
    draft: facts.draft,
    title: facts.title,
    authorExternalId: facts.author?.id ?? null,
    authorLogin: facts.author?.login ?? null,
    authorIsBot: facts.author?.isBot ?? false,
    fromFork: facts.fromFork,
    labels: [...facts.labels],
    headSha: facts.headSha,
    baseRef: facts.baseRef,
    baseSha: facts.baseSha,
    forgeUpdatedAt: new Date(facts.updatedAt),
    closedAt: facts.closedAt === null ? null : new Date(facts.closedAt),
  };
}
