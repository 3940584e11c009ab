/** The findings table: what a task's reviewer reported and where each finding was said. Written once, at the freeze. */
import { and, asc, desc, eq, getTableColumns, inArray, isNull, ne, or, sql } from "drizzle-orm";
import type { Finding, ReviewerName } from "../reviewer/reviewer.ts";
import type { Db, Tx } from "./connect.ts";
import { findings, publications } from "./schema.ts";

export type FindingRow = typeof findings.$inferSelect;
export type NewFinding = Omit<typeof findings.$inferInsert, "createdAt">;

/** Rows a statement, so that its parameters stay below Postgres' limit of 65,535. */
const batchSize = 1_000;

const reviewerNames = findings.reviewer.enumValues;

export async function insertFindings(tx: Tx, rows: readonly NewFinding[]): Promise<void> {
  for (let start = 0; start < rows.length; start += batchSize) {
    await tx.insert(findings).values(rows.slice(start, start + batchSize));
  }
}

/** A task's findings in the order they are shown in, most severe first. */
export async function findFindings(db: Db | Tx, taskId: string): Promise<readonly FindingRow[]> {
  return await db.select().from(findings).where(eq(findings.taskId, taskId)).orderBy(asc(findings.ordinal));
}

/** Something said on a pull request by earlier tasks, as the newest of them saw it. Plain JSON. */
export interface Origin extends Finding {
  /** The first finding of the same problem. */
  readonly originId: string;
  readonly reportedBy: readonly [ReviewerName, ...ReviewerName[]];
  readonly fingerprint: string;
  readonly anchor: string;
  /** `gone`: the last review that was posted did not find it any more; `dismissed`: a person does not want it said. */
  readonly state: "open" | "gone" | "dismissed";
}

/** More than this was said on no pull request anybody reads; what was not seen for longest would be said again. */
const maxOrigins = 10_000;

interface SaidWhere {
  readonly pullRequestId: string;
  /** Null: every task counts. */
  readonly exceptTaskId: string | null;
}

/** What was said inline in a posted review or in a posted summary, by other tasks. What was said first comes first. */
export async function findOrigins(tx: Db | Tx, where: SaidWhere): Promise<readonly Origin[]> {
  const last = lastPosted(tx, where);
  const said = tx
    .selectDistinctOn([findings.originId], {
      ...getTableColumns(findings),
      isDismissed:
        sql<boolean>`bool_or(${findings.dismissedAt} is not null) over (partition by ${findings.originId})`.as(
          "is_dismissed",
        ),
      // Every review tells again of what stays open, so what the last one does not tell of is gone.
      isGone:
        sql<boolean>`coalesce(${findings.taskId} <> ${last.taskId} and ${findings.createdAt} < ${last.createdAt}, false)`.as(
          "is_gone",
        ),
    })
    .from(findings)
    .leftJoin(last, sql`true`)
    .where(
      and(
        eq(findings.pullRequestId, where.pullRequestId),
        where.exceptTaskId === null ? undefined : ne(findings.taskId, where.exceptTaskId),
        or(ne(findings.disposition, "withheld"), eq(findings.withheldReason, "dismissed")),
        // What an earlier task froze but never posted was not said.
        sql`exists (select from publications p where p.task_id = ${findings.taskId} and p.state = 'posted'
          and p.kind = case ${findings.disposition} when 'inline' then 'review' else 'summary' end)`,
      ),
    )
    .orderBy(asc(findings.originId), desc(findings.createdAt), desc(findings.id))
    .as("said");
  const rows = await tx
    .select()
    .from(said)
    .orderBy(desc(said.createdAt), desc(said.originId))
    .limit(maxOrigins);
  return rows.toSorted((a, b) => (a.originId < b.originId ? -1 : 1)).map(toOrigin);
}

/** Plain JSON: by what a finding that a suppression held back is known again. */
export type SuppressedFinding = Pick<FindingRow, "ruleId" | "category" | "anchor">;

/** Of the review that was posted last. */
export async function findSuppressedFindings(
  tx: Db | Tx,
  where: SaidWhere,
): Promise<readonly SuppressedFinding[]> {
  const last = lastPosted(tx, where);
  return await tx
    .select({ ruleId: findings.ruleId, category: findings.category, anchor: findings.anchor })
    .from(findings)
    .innerJoin(last, eq(last.taskId, findings.taskId))
    .where(eq(findings.withheldReason, "suppressed"))
    .orderBy(findings.ordinal)
    .limit(maxOrigins);
}

/** When the review that was posted last was frozen. */
function lastPosted(tx: Db | Tx, { pullRequestId, exceptTaskId }: SaidWhere) {
  return tx
    .select({ taskId: publications.taskId, createdAt: publications.createdAt })
    .from(publications)
    .where(
      and(
        eq(publications.pullRequestId, pullRequestId),
        eq(publications.kind, "summary"),
        eq(publications.state, "posted"),
        exceptTaskId === null ? undefined : ne(publications.taskId, exceptTaskId),
      ),
    )
    .orderBy(desc(publications.postedAt))
    .limit(1)
    .as("last");
}

function toOrigin(row: FindingRow & { readonly isDismissed: boolean; readonly isGone: boolean }): Origin {
  const { originId, reviewer, ruleId, path, startLine, line, severity, category, title, body, suggestion } =
    row;
  const { reportedBy, fingerprint, anchor, isDismissed, isGone } = row;
  const others = reportedBy.flatMap((name) =>
    reviewerNames.filter((known) => known === name && name !== reviewer),
  );
  const said = { reviewer, ruleId, path, startLine, line, severity, category, title, body, suggestion };
  const state = isDismissed ? "dismissed" : isGone ? "gone" : "open";
  return { originId, ...said, reportedBy: [reviewer, ...others], fingerprint, anchor, state };
}

/**
 * They are not said again while their lines are what they are.
 * @param originIds as findings tell them; `open`: those that are open now, so that what was mended is told again
 *   where it comes back
 * @param by who wants that, as it is shown
 * @returns the origins that were not dismissed before. Caller holds the pull request's lock.
 */
export async function dismissFindings(
  tx: Tx,
  {
    pullRequestId,
    originIds,
    by,
  }: { readonly pullRequestId: string; readonly originIds: readonly string[] | "open"; readonly by: string },
): Promise<readonly string[]> {
  const rows = await tx
    .update(findings)
    .set({ dismissedAt: sql`reviewd_now()`, dismissedBy: by })
    .where(
      and(
        eq(findings.pullRequestId, pullRequestId),
        inArray(findings.originId, originIds === "open" ? await findOpen(tx, pullRequestId) : [...originIds]),
        ne(findings.disposition, "withheld"),
        isNull(findings.dismissedAt),
      ),
    )
    .returning({ originId: findings.originId });
  return [...new Set(rows.map(({ originId }) => originId))];
}

async function findOpen(tx: Tx, pullRequestId: string): Promise<string[]> {
  const origins = await findOrigins(tx, { pullRequestId, exceptTaskId: null });
  return origins.flatMap(({ state, originId }) => (state === "open" ? [originId] : []));
}

/** What was to be said inline is said in the summary instead. */
export async function moveToSummary(tx: Tx, findingIds: readonly string[]): Promise<void> {
  if (findingIds.length === 0) return;
  await tx
    .update(findings)
    .set({ disposition: "summary" })
    .where(inArray(findings.id, [...findingIds]));
}
