/** What a command is about, across the tables that say so. */
import { eq, sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { Installation } from "./installations.ts";
import type { Owner } from "./owners.ts";
import type { PullRequest } from "./pull-requests.ts";
import type { Repository } from "./repositories.ts";
import { installations, owners, pullRequests, repositories, tasks } from "./schema.ts";
import { lockPlaces } from "./seats.ts";

export interface CommandPlace {
  readonly pullRequest: PullRequest;
  readonly repository: Repository;
  readonly owner: Owner;
  /** Null: the App is not installed there. */
  readonly installation: Installation["status"] | null;
}

/** All of it held until the transaction ends: whoever ends the work there waits, and finds what it led to. */
export async function lockCommandPlace(tx: Tx, pullRequestId: string): Promise<CommandPlace> {
  const isHere = eq(pullRequests.id, pullRequestId);
  const [held] = await tx
    .select({ ownerId: repositories.ownerId })
    .from(repositories)
    .where(sql`${repositories.id} = (select repository_id from pull_requests where id = ${pullRequestId})`)
    .for("share");
  if (!held) throw new Error(`there is no pull request ${pullRequestId}`);
  await lockPlaces(tx, { pullRequestIds: [pullRequestId], ownerIds: [held.ownerId] });
  const [found] = await tx
    .select({
      pullRequest: pullRequests,
      repository: repositories,
      owner: owners,
      installation: installations.status,
    })
    .from(pullRequests)
    .innerJoin(repositories, eq(repositories.id, pullRequests.repositoryId))
    .innerJoin(owners, eq(owners.id, repositories.ownerId))
    .leftJoin(installations, eq(installations.id, repositories.installationId))
    .where(isHere);
  if (!found) throw new Error(`pull request ${pullRequestId} was deleted while it was locked`);
  return found;
}

/** Sets or ends the pause of a pull request's reviews. False: it was so before. Caller holds its lock. */
export async function setPaused(tx: Tx, pullRequestId: string, isPaused: boolean): Promise<boolean> {
  const changed = await tx
    .update(pullRequests)
    .set({ pausedAt: isPaused ? sql`reviewd_now()` : null })
    .where(sql`${pullRequests.id} = ${pullRequestId} and (paused_at is null) = ${isPaused}`)
    .returning({ id: pullRequests.id });
  return changed.length > 0;
}

/** Whether the head, on its base, is reviewed or about to be, whoever asked for it. Caller holds the lock. */
export async function hasReview(
  tx: Tx,
  { id, headSha, baseRef }: Pick<PullRequest, "id" | "headSha" | "baseRef">,
): Promise<boolean> {
  const isReview = sql`pull_request_id = ${id} and head_sha = ${headSha} and base_ref = ${baseRef}
    and status in ('pending', 'running', 'completed') and stop_requested is null`;
  return (await tx.select({ id: tasks.id }).from(tasks).where(isReview).limit(1)).length > 0;
}
