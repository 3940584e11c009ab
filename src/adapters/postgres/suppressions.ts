/** The suppressions table: what an owner's reviews are not to say, since people did not want it. */
import { and, eq, gt, inArray, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { pullRequests, repositories, suppressions } from "./schema.ts";

type SuppressionRow = typeof suppressions.$inferSelect;

export type SuppressionState = SuppressionRow["state"];

/** Whose comments it is about. */
export interface Subject extends Suppression {
  readonly ownerId: string;
  /** Null: all of the owner's. */
  readonly repositoryId: string | null;
}

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

/** Keeps everybody else from changing any for the rest of the transaction, so that what is decided fits what was read. */
export async function lockSuppressions(tx: Tx): Promise<void> {
  await tx.execute(sql`lock table suppressions in share row exclusive mode`);
}

const isLive = inArray(suppressions.state, ["proposed", "approved"]);
const databaseNow = sql`reviewd_now()`;

/** Says how many there were: approved ones that held long enough, proposals that nobody decided in time. */
export async function expireOverdue(tx: Tx): Promise<number> {
  return await expire(tx, and(isLive, lte(suppressions.expiresAt, databaseNow)));
}

/** Says how many of them were proposals still. */
export async function expireProposals(tx: Tx, ids: readonly string[]): Promise<number> {
  return await expire(tx, and(inArray(suppressions.id, [...ids]), eq(suppressions.state, "proposed")));
}

async function expire(tx: Tx, where: SQL | undefined): Promise<number> {
  const expired = await tx
    .update(suppressions)
    .set({ state: "expired" })
    .where(where)
    .returning({ id: suppressions.id });
  return expired.length;
}

export interface StandingSuppression extends Subject {
  readonly id: string;
  readonly state: SuppressionState;
}

/** Proposed ones, those in force, and refused ones that keep the same from being proposed; of each subject one. */
export async function listStanding(tx: Tx): Promise<readonly StandingSuppression[]> {
  const { id, ownerId, repositoryId, kind, subject, state } = suppressions;
  return await tx
    .select({ id, ownerId, repositoryId, kind, subject, state })
    .from(suppressions)
    .where(or(isLive, and(eq(suppressions.state, "refused"), gt(suppressions.expiresAt, databaseNow))));
}

/** @param evidence plain JSON @param days how long it waits for a decision */
export async function insertProposal(
  tx: Tx,
  { ownerId, repositoryId, kind, subject }: Subject,
  evidence: object,
  days: number,
): Promise<void> {
  const values = { ownerId, repositoryId, kind, subject, evidence, expiresAt: inDays(days) };
  await tx.insert(suppressions).values({ ...values, id: Bun.randomUUIDv7() });
}

export async function refreshProposal(tx: Tx, id: string, evidence: object): Promise<void> {
  const isProposed = and(eq(suppressions.id, id), eq(suppressions.state, "proposed"));
  await tx.update(suppressions).set({ evidence }).where(isProposed);
}

export interface Decision {
  readonly state: "approved" | "refused";
  /** Who decided, as it is shown. */
  readonly by: string;
  /** How long what was decided holds. */
  readonly days: number;
}

/** False: its state is another by now, or its time is up. One statement: of two who decide at once, one does. */
export async function settleSuppression(
  db: Db,
  id: string,
  before: SuppressionState,
  { state, by, days }: Decision,
): Promise<boolean> {
  const { id: ofId, state: current, expiresAt } = suppressions;
  const settled = await db
    .update(suppressions)
    .set({ state, decidedAt: databaseNow, decidedBy: by, expiresAt: inDays(days) })
    .where(and(eq(ofId, id), eq(current, before), gt(expiresAt, databaseNow)))
    .returning({ id: ofId });
  return settled.length > 0;
}

function inDays(days: number): SQL {
  return sql`reviewd_now() + ${days}::int * interval '1 day'`;
}
