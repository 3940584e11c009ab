/** The attempts table: one row per execution of a task, written when it ends. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { attempts } from "./schema.ts";
import type { Task } from "./tasks.ts";

export type AttemptOutcome = (typeof attempts.$inferInsert)["outcome"];

/** Records how the running task's attempt ended. */
export async function insertAttempt(
  tx: Tx,
  task: Task,
  end: { readonly outcome: AttemptOutcome; readonly error: string | null },
): Promise<void> {
  if (task.workerId === null || task.startedAt === null) throw new Error(`task ${task.id} is not running`);
  await tx.insert(attempts).values({
    taskId: task.id,
    number: task.attemptCount,
    fence: task.fence,
    workerId: task.workerId,
    outcome: end.outcome,
    error: end.error,
    startedAt: sql`${task.startedAt.toISOString()}::timestamptz`,
  });
}
