/** Where a pull request is on its forge, with what was reviewed on it before: reads across several tables. */
import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import type { Owner } from "./owners.ts";
import type { PullRequest } from "./pull-requests.ts";
import type { Repository } from "./repositories.ts";
import { installations, owners, pullRequests, repositories } from "./schema.ts";
import { uuidArray } from "./seats.ts";
import type { Task } from "./tasks.ts";

export interface PullRequestPlace {
  readonly pullRequestId: string;
  readonly number: number;
  readonly fromFork: boolean;
  readonly forge: string;
  readonly host: string;
  /** The forge's own id of the repository. */
  readonly repositoryId: number;
  readonly fullName: string;
  /** The forge's own id; null where the App is not installed. */
  readonly installationId: number | null;
  /** What somebody has to do there before reviews can go on. */
  readonly actionRequired: string | null;
  /** Whether the App was granted that, as far as is known. */
  readonly mayWriteContents: boolean;
}

/** @throws Error when there is no such pull request */
export async function getPullRequestPlace(db: Db | Tx, pullRequestId: string): Promise<PullRequestPlace> {
  const [row] = await db
    .select({
      pullRequestId: pullRequests.id,
      number: pullRequests.number,
      fromFork: pullRequests.fromFork,
      forge: repositories.forge,
      host: repositories.host,
      repositoryId: repositories.externalId,
      fullName: repositories.fullName,
      installationId: installations.externalId,
      actionRequired: installations.actionRequired,
      mayWriteContents: sql<boolean>`coalesce(${installations.permissions} ->> 'contents' = 'write', false)`,
    })
    .from(pullRequests)
    .innerJoin(repositories, eq(repositories.id, pullRequests.repositoryId))
    .leftJoin(installations, eq(installations.id, repositories.installationId))
    .where(eq(pullRequests.id, pullRequestId));
  if (!row) throw new Error(`there is no pull request ${pullRequestId}`);
  return row;
}

/** What decides whether a task's pull request is reviewed, beside what its forge and its configuration say. */
export async function getGatePlace(
  db: Db,
  task: Pick<Task, "ownerId" | "pullRequestId">,
): Promise<Pick<Repository, "reviewMode"> & Pick<Owner, "plan"> & Pick<PullRequest, "pausedAt">> {
  const [row] = await db
    .select({ reviewMode: repositories.reviewMode, plan: owners.plan, pausedAt: pullRequests.pausedAt })
    .from(pullRequests)
    .innerJoin(repositories, eq(repositories.id, pullRequests.repositoryId))
    .innerJoin(owners, eq(owners.id, task.ownerId))
    .where(eq(pullRequests.id, task.pullRequestId));
  if (!row) throw new Error(`there is no pull request ${task.pullRequestId}`);
  return row;
}

/** The forge's ids of the inline comments that say these, as far as they are there; at most so many. */
export async function findCommentsOf(
  tx: Tx,
  where: { readonly pullRequestId: string; readonly originIds: readonly string[]; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await tx.execute<{ external_id: string }>(sql`
    select external_id from review_comments c join findings f on f.id = c.finding_id
    where c.pull_request_id = ${where.pullRequestId} and c.kind = 'inline' and c.gone_at is null
      and f.origin_id = any (${uuidArray(where.originIds)})
    order by external_id limit ${where.limit}`);
  return rows.map((row) => Number(row.external_id));
}

/** One earlier task whose summary was posted. */
export interface EarlierReview {
  readonly headSha: string;
  readonly postedAt: Date;
  readonly newFindings: number;
  readonly repeatedFindings: number;
  readonly reviewedFiles: number;
  readonly files: number;
}

/** Newest first. */
export async function findEarlierReviews(
  tx: Tx,
  earlier: { readonly pullRequestId: string; readonly exceptTaskId: string; readonly limit: number },
): Promise<readonly EarlierReview[]> {
  const rows = await tx.execute<EarlierRow>(sql`
    select t.head_sha, p.posted_at,
      (select count(*) from findings f where f.task_id = t.id and f.disposition in ('inline', 'summary'))::int as new_findings,
      (select count(*) from findings f where f.task_id = t.id and f.disposition = 'repeated')::int as repeated_findings,
      (p.payload #>> '{coverage,reviewed}')::int as reviewed_files,
      (p.payload #>> '{coverage,reviewed}')::int + jsonb_array_length(p.payload #> '{coverage,notReviewed}') as files
    from publications p join tasks t on t.id = p.task_id
    where p.pull_request_id = ${earlier.pullRequestId} and p.kind = 'summary' and p.state = 'posted'
      and t.id <> ${earlier.exceptTaskId}
    order by p.posted_at desc limit ${earlier.limit}`);
  return rows.map((row) => ({
    headSha: row.head_sha,
    postedAt: new Date(row.posted_at),
    newFindings: row.new_findings,
    repeatedFindings: row.repeated_findings,
    reviewedFiles: row.reviewed_files,
    files: row.files,
  }));
}

interface EarlierRow extends Record<string, unknown> {
  readonly head_sha: string;
  /** Timestamps come as text from raw statements. */
  readonly posted_at: string;
  readonly new_findings: number;
  readonly repeated_findings: number;
  readonly reviewed_files: number;
  readonly files: number;
}
