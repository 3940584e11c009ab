/** Suppressions as the API and /metrics show them: reads across tables. */
import { and, count, desc, eq, getTableColumns, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { owners, repositories, suppressions } from "./schema.ts";
import type { SuppressionState } from "./suppressions.ts";

type SuppressionRow = typeof suppressions.$inferSelect;

export interface SuppressionView extends Omit<SuppressionRow, "ownerId" | "repositoryId"> {
  readonly owner: { readonly id: string; readonly login: string };
  /** Null: all of the owner's. */
  readonly repository: { readonly id: string; readonly fullName: string } | null;
}

export interface SuppressionFilter {
  /** Only those of this owner may be seen; null: all. */
  readonly visibleTo: string | null;
  readonly state?: SuppressionState | undefined;
  /** A login. */
  readonly owner?: string | undefined;
  /** `owner/name`. */
  readonly repository?: string | undefined;
  /** Where the page before ended. */
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

/** What is over is told as expired, also where the syncer has not come by yet. */
const shownState = sql<SuppressionState>`case when ${suppressions.state} in ('proposed', 'approved')
  and ${suppressions.expiresAt} <= reviewd_now() then 'expired' else ${suppressions.state} end`;

/** Newest first: ids grow with time. */
export async function listSuppressionViews(
  db: Db,
  { visibleTo, state, owner, repository, beforeId, limit }: SuppressionFilter,
): Promise<readonly SuppressionView[]> {
  return await selectViews(
    db,
    and(
      isVisible(visibleTo),
      state && eq(shownState, state),
      owner ? sql`lower(${owners.login}) = lower(${owner})` : undefined,
      repository ? sql`lower(${repositories.fullName}) = lower(${repository})` : undefined,
      beforeId ? lt(suppressions.id, beforeId) : undefined,
    ),
    limit,
  );
}

/** Null: there is none, or it may not be seen. */
export async function findSuppressionView(
  db: Db,
  id: string,
  visibleTo: string | null,
): Promise<SuppressionView | null> {
  const [view] = await selectViews(db, and(eq(suppressions.id, id), isVisible(visibleTo)), 1);
  return view ?? null;
}

/** Of the whole instance; a state that none is in is left out. */
export async function countSuppressions(db: Db): Promise<ReadonlyMap<SuppressionState, number>> {
  const rows = await db.select({ state: shownState, count: count() }).from(suppressions).groupBy(shownState);
  return new Map(rows.map((row) => [row.state, row.count]));
}

function isVisible(ownerId: string | null): SQL | undefined {
  return ownerId === null ? undefined : eq(suppressions.ownerId, ownerId);
}

/** Not of a repository that is another owner's by now: nothing is held back there, and its name is that one's. */
const isTheOwners = or(isNull(suppressions.repositoryId), eq(repositories.ownerId, suppressions.ownerId));

async function selectViews(
  db: Db,
  where: SQL | undefined,
  limit: number,
): Promise<readonly SuppressionView[]> {
  const { ownerId: _owner, repositoryId: _repository, ...columns } = getTableColumns(suppressions);
  return await db
    .select({
      ...columns,
      state: shownState,
      owner: { id: owners.id, login: owners.login },
      repository: { id: repositories.id, fullName: repositories.fullName },
    })
    .from(suppressions)
    .innerJoin(owners, eq(owners.id, suppressions.ownerId))
    .leftJoin(repositories, eq(repositories.id, suppressions.repositoryId))
    .where(and(where, isTheOwners))
    .orderBy(desc(suppressions.id))
    .limit(limit);
}
