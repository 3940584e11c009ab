/** Tasks as the API shows them: reads across several tables. The queue's own statements are in tasks.ts. */
import { and, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { owners, pullRequests, repositories, tasks } from "./schema.ts";
import type { Task, TaskStatus } from "./tasks.ts";

export interface TaskView extends Task {
  readonly owner: { readonly id: string; readonly login: string };
  readonly repository: {
    readonly id: string;
    readonly forge: string;
    readonly host: string;
    readonly fullName: string;
  };
  readonly pullRequest: { readonly number: number; readonly title: string };
}

export interface TaskFilter {
  /** Only tasks of this owner may be seen; null: all. */
  readonly visibleTo: string | null;
  /** A login. */
  readonly owner?: string | undefined;
  /** `owner/name`. */
  readonly repository?: string | undefined;
  readonly pullRequest?: number | undefined;
  readonly status?: TaskStatus | undefined;
  readonly trigger?: Task["trigger"] | undefined;
  readonly since?: Date | undefined;
  /** Where the page before ended. */
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

/** Newest first: ids grow with time. */
export async function listTaskViews(db: Db, filter: TaskFilter): Promise<readonly TaskView[]> {
  const { owner, repository, pullRequest, status, trigger, since, beforeId } = filter;
  return await selectViews(
    db,
    and(
      isVisible(filter.visibleTo),
      // Names are looked up first, so that the index by owner or by repository gives the order.
      owner
        ? sql`${tasks.ownerId} in (select id from owners where lower(login) = lower(${owner}))`
        : undefined,
      repository
        ? sql`${tasks.repositoryId} in (select id from repositories where lower(full_name) = lower(${repository}))`
        : undefined,
      pullRequest === undefined ? undefined : eq(pullRequests.number, pullRequest),
      status && eq(tasks.status, status),
      trigger && eq(tasks.trigger, trigger),
      since && sql`${tasks.createdAt} >= ${since.toISOString()}::timestamptz`,
      beforeId ? lt(tasks.id, beforeId) : undefined,
    ),
    filter.limit,
  );
}

/** Null: there is none, or it may not be seen. */
export async function findTaskView(db: Db, id: string, visibleTo: string | null): Promise<TaskView | null> {
  const [view] = await selectViews(db, and(eq(tasks.id, id), isVisible(visibleTo)), 1);
  return view ?? null;
}

function isVisible(ownerId: string | null): SQL | undefined {
  return ownerId === null ? undefined : eq(tasks.ownerId, ownerId);
}

async function selectViews(db: Db, where: SQL | undefined, limit: number): Promise<readonly TaskView[]> {
  const rows = await db
    .select({
      task: tasks,
      owner: { id: owners.id, login: owners.login },
      repository: {
        id: repositories.id,
        forge: repositories.forge,
        host: repositories.host,
        fullName: repositories.fullName,
      },
      pullRequest: { number: pullRequests.number, title: pullRequests.title },
    })
    .from(tasks)
    .innerJoin(owners, eq(owners.id, tasks.ownerId))
    .innerJoin(repositories, eq(repositories.id, tasks.repositoryId))
    .innerJoin(pullRequests, eq(pullRequests.id, tasks.pullRequestId))
    .where(where)
    .orderBy(desc(tasks.id))
    .limit(limit);
  return rows.map(({ task, ...around }) => ({ ...task, ...around }));
}
