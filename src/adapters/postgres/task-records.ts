/** The task_records table: which contents tell what a task's run saw and got. */
import { asc, eq } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { type Content, keepContents } from "./contents.ts";
import { contents, taskRecords } from "./schema.ts";

export type RecordKind = (typeof taskRecords.$inferSelect)["kind"];

export interface TaskRecord extends Content {
  readonly kind: RecordKind;
  /** From 0 on, within its kind. */
  readonly ordinal: number;
}

/** Replaces what was recorded of an earlier attempt. */
export async function replaceTaskRecords(
  tx: Tx,
  taskId: string,
  records: readonly TaskRecord[],
): Promise<void> {
  await tx.delete(taskRecords).where(eq(taskRecords.taskId, taskId));
  if (records.length === 0) return;
  await keepContents(
    tx,
    records.map(({ digest, compressed, bytes }) => ({ digest, compressed, bytes })),
  );
  await tx
    .insert(taskRecords)
    .values(records.map(({ kind, ordinal, digest }) => ({ taskId, kind, ordinal, digest })));
}

/** By kind and ordinal. Empty: nothing was recorded, or it is not kept any more. */
export async function findTaskRecords(db: Db, taskId: string): Promise<readonly TaskRecord[]> {
  return await db
    .select({
      kind: taskRecords.kind,
      ordinal: taskRecords.ordinal,
      digest: taskRecords.digest,
      compressed: contents.compressed,
      bytes: contents.bytes,
    })
    .from(taskRecords)
    .innerJoin(contents, eq(contents.digest, taskRecords.digest))
    .where(eq(taskRecords.taskId, taskId))
    .orderBy(asc(taskRecords.kind), asc(taskRecords.ordinal));
}
