/** The publications whose task is over: what is written of them later, by whoever comes first. */
import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { type Publication, stillOpen, typed } from "./publications.ts";
import { publications } from "./schema.ts";

/** Rows whose task is over and that are due, oldest first. */
export async function findOutbox(
  db: Db,
  { limit, settleMs }: { readonly limit: number; readonly settleMs: number },
): Promise<readonly Publication[]> {
  const rows = await db
    .select()
    .from(publications)
    .where(
      sql`${stillOpen()} and coalesce(${publications.runAfter}, ${publications.createdAt}) <= reviewd_now()
        and (${publications.attemptedAt} is null
          or ${publications.attemptedAt} + ${settleMs}::float8 * interval '1 millisecond' <= reviewd_now())
        and not exists (select from tasks where tasks.id = ${publications.taskId} and tasks.status in ('pending', 'running'))`,
    )
    .orderBy(sql`coalesce(${publications.runAfter}, ${publications.createdAt})`)
    .limit(limit);
  return rows.map(typed);
}

/** Puts off a row of the outbox. `isFailure`: it counts as an attempt; waiting for room does not. */
export async function delayPublication(
  tx: Tx,
  {
    id,
    delayMs,
    error,
    isFailure,
  }: {
    readonly id: string;
    readonly delayMs: number;
    readonly error: string;
    readonly isFailure: boolean;
  },
): Promise<void> {
  await tx
    .update(publications)
    .set({
      error,
      attemptCount: sql`${publications.attemptCount} + ${isFailure ? 1 : 0}`,
      runAfter: sql`reviewd_now() + ${delayMs}::float8 * interval '1 millisecond'`,
    })
    .where(and(eq(publications.id, id), stillOpen()));
}
