/** Deletes what is older than it is kept: deliveries, the syncer's runs, and finished tasks with all they led to. */
import { pruneDeliveries, pruneSyncRuns, pruneTasks } from "../../adapters/postgres/retention.ts";
import type { Context } from "../../context.ts";

export type PrunedTable = "webhook_deliveries" | "sync_runs" | "tasks";

export interface Retention {
  /** Deliveries, and with them the runs that compare them with the forge's. */
  readonly deliveryRetentionDays: number;
  readonly taskRetentionDays: number;
  /** Told of every batch that is gone for good. */
  readonly onPruned: (table: PrunedTable, rows: number) => void;
  /** Aborted when the pass shall end soon; what is left is for the next one. */
  readonly signal: AbortSignal;
}

/** Rows a transaction: short enough to be in nobody's way. */
const batchSize = 1_000;
/** A task has findings, comments and reactions, which go with it. */
const taskBatchSize = 200;

/** One pass, to the end of what is old. Any number of processes may do it at the same time. */
export async function pruneOld({ db }: Pick<Context, "db">, retention: Retention): Promise<void> {
  const { deliveryRetentionDays, taskRetentionDays, onPruned, signal } = retention;
  const deliveries = { retentionDays: deliveryRetentionDays, limit: batchSize };
  const untilNone = async (table: PrunedTable, prune: () => Promise<number>) => {
    for (let rows = batchSize; rows === batchSize && !signal.aborted; ) {
      rows = await prune();
      onPruned(table, rows);
    }
  };
  await untilNone("webhook_deliveries", () => pruneDeliveries(db, deliveries));
  await untilNone("sync_runs", () => pruneSyncRuns(db, deliveries));

  const tasks = { retentionDays: taskRetentionDays, limit: taskBatchSize };
  let after: string | null = null;
  do {
    if (signal.aborted) return;
    const { deleted, last } = await pruneTasks(db, { ...tasks, after });
    onPruned("tasks", deleted);
    after = last;
  } while (after !== null);
}
