/** The findings table: what a task's reviewer reported and where each finding was said. Written once, at the freeze. */
import { and, asc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { findings } from "./schema.ts";

export type FindingRow = typeof findings.$inferSelect;
export type NewFinding = Omit<typeof findings.$inferInsert, "createdAt">;

/** Rows a statement, so that its parameters stay below Postgres' limit of 65,535. */
const batchSize = 1_000;

export async function insertFindings(tx: Tx, rows: readonly NewFinding[]): Promise<void> {
  for (let start = 0; start < rows.length; start += batchSize) {
    await tx.insert(findings).values(rows.slice(start, start + batchSize));
  }
}

/** A task's findings in the order they are shown in, most severe first. */
export async function findFindings(db: Db | Tx, taskId: string): Promise<readonly FindingRow[]> {
  return await db.select().from(findings).where(eq(findings.taskId, taskId)).orderBy(asc(findings.ordinal));
}

/** What was posted on a pull request by other tasks: inline in a posted review, or in a posted summary. Oldest first. */
export async function findPosted(
  tx: Tx,
  posted: { readonly pullRequestId: string; readonly exceptTaskId: string },
): Promise<readonly FindingRow[]> {
  return await tx
    .select()
    .from(findings)
    .where(
      and(
        eq(findings.pullRequestId, posted.pullRequestId),
        ne(findings.taskId, posted.exceptTaskId),
        // What an earlier task froze but never posted was not said.
        sql`exists (select from publications p where p.task_id = ${findings.taskId} and p.state = 'posted'
          and p.kind = case ${findings.disposition} when 'inline' then 'review' when 'summary' then 'summary' end)`,
      ),
    )
    .orderBy(asc(findings.taskId), asc(findings.ordinal));
}

/** What was to be said inline is said in the summary instead. */
export async function moveToSummary(tx: Tx, findingIds: readonly string[]): Promise<void> {
  if (findingIds.length === 0) return;
  await tx
    .update(findings)
    .set({ disposition: "summary" })
    .where(inArray(findings.id, [...findingIds]));
}
