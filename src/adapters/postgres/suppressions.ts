/** The suppressions table: what an owner's reviews are not to say, since people did not want it. */
import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { pullRequests, repositories, suppressions } from "./schema.ts";

type SuppressionRow = typeof suppressions.$inferSelect;

/** Plain JSON. Of a category, the findings that come from no named rule. */
export type Suppression = Pick<SuppressionRow, "kind" | "subject">;

/** Those that are approved and in force for a pull request: of its repository, and of its owner as a whole. */
export async function findSuppressions(db: Db | Tx, pullRequestId: string): Promise<readonly Suppression[]> {
  return await db
    .selectDistinct({ kind: suppressions.kind, subject: suppressions.subject })
    .from(pullRequests)
    .innerJoin(repositories, eq(repositories.id, pullRequests.repositoryId))
    .innerJoin(suppressions, eq(suppressions.ownerId, repositories.ownerId))
    .where(
      and(
        eq(pullRequests.id, pullRequestId),
        eq(suppressions.state, "approved"),
        gt(suppressions.expiresAt, sql`reviewd_now()`),
        or(isNull(suppressions.repositoryId), eq(suppressions.repositoryId, repositories.id)),
      ),
    )
    .orderBy(suppressions.kind, suppressions.subject);
}
