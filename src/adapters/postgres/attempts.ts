/** The attempts table: one row per execution of a task, written when it ends. exchange_runs writes those that completed. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { attempts } from "./schema.ts";

export type AttemptOutcome = (typeof attempts.$inferInsert)["outcome"];

/** Records how the attempt ended of a task that is locked and still running. Its start is copied as exact as it is. */
export async function insertAttempt(
  tx: Tx,
  taskId: string,
  end: { readonly outcome: AttemptOutcome; readonly error: string | null },
): Promise<void> {
  await tx.execute(sql`
    insert into attempts (task_id, number, fence, worker_id, outcome, error, started_at)
    select id, attempt_count, fence, worker_id, ${end.outcome}, ${end.error}, started_at from tasks where id = ${taskId}`);
}
