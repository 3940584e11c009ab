/** The publications whose task is over: what is written of them later, by whoever comes first. */
import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { type Payloads, type Publication, stillOpen, typed } from "./publications.ts";
import { publications } from "./schema.ts";
import { storableJson } from "./storable-json.ts";

/**
 * Rows whose task is over and that are due, oldest first; but none of a pull request that somebody is just writing to:
 * many of those would keep all others from ever being looked at.
 */
export async function findOutbox(
  db: Db,
  { limit, settleMs }: { readonly limit: number; readonly settleMs: number },
): Promise<readonly Publication[]> {
  const rows = await db
    .select()
    .from(publications)
    .where(
      sql`${stillOpen()} and coalesce(${publications.runAfter}, ${publications.createdAt}) <= reviewd_now()
        and coalesce((select max(sent.attempted_at) from publications sent
          where sent.pull_request_id = ${publications.pullRequestId}
            and (sent.id = ${publications.id} or sent.state in ('uncertain', 'abandoned', 'failed')))
          + ${settleMs}::float8 * interval '1 millisecond' <= reviewd_now(), true)
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

/**
 * Puts the notice of a failed task into the outbox, if its pull request has heard nothing from us and nothing is under
 * way there.
 */
export async function insertFailureNotice(
  tx: Tx,
  { taskId, payload }: { readonly taskId: string; readonly payload: Payloads["notice"] },
): Promise<void> {
  await tx.execute(sql`
    insert into publications (id, task_id, pull_request_id, kind, state, payload)
    select ${Bun.randomUUIDv7()}, id, pull_request_id, 'notice', 'intended', ${storableJson(payload)}::jsonb
    from tasks failed
    where id = ${taskId} and output_mode = 'forge'
      and not exists (
        select from publications said where said.pull_request_id = failed.pull_request_id
          and (said.kind in ('review', 'summary', 'notice') and said.state in ('posted', 'uncertain')
            or said.kind = 'notice' and said.state = 'intended'))
      and not exists (
        select from tasks other where other.pull_request_id = failed.pull_request_id and other.id <> failed.id
          and other.status in ('pending', 'running'))
    on conflict (task_id, kind) where kind in ('review', 'summary', 'check', 'notice') do update
      set state = 'intended', payload = excluded.payload, error = null, run_after = null
      where publications.state = 'abandoned' and publications.attempted_at is null`);
}

/** Puts a notice that somebody has to act into the outbox. It is no single task's: they all wait. */
export async function insertActionNotice(
  tx: Tx,
  { pullRequestId, payload }: { readonly pullRequestId: string; readonly payload: Payloads["notice"] },
): Promise<void> {
  await tx
    .insert(publications)
    .values({ id: Bun.randomUUIDv7(), pullRequestId, kind: "notice", state: "intended", payload });
}
