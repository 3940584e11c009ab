/**
 * Deletes what is older than it is kept: deliveries, the syncer's runs, what was recorded of runs, and finished tasks
 * and commands with all they led to.
 */
import {
  type PrunedTasks,
  pruneCommands,
  pruneContents,
  pruneDeliveries,
  pruneSyncRuns,
  pruneTaskRecords,
  pruneTasks,
} from "../../adapters/postgres/retention.ts";
import type { Context } from "../../context.ts";

export type PrunedTable =
  | "webhook_deliveries"
  | "sync_runs"
  | "commands"
  | "task_records"
  | "contents"
  | "tasks";

export interface Retention {
  /** Deliveries, and with them the runs that compare them with the forge's. */
  readonly deliveryRetentionDays: number;
  /** Commands, too. */
  readonly taskRetentionDays: number;
  /** What a run saw and got, for replays. It goes with its task at the latest. */
  readonly recordRetentionDays: number;
  /** Told of every batch that is gone for good. */
  readonly onPruned: (table: PrunedTable, rows: number) => void;
  /** Aborted when the pass shall end soon; what is left is for the next one. */
  readonly signal: AbortSignal;
}

/** Rows a transaction: short enough to be in nobody's way. */
const batchSize = 1_000;
/** A task has findings, comments and reactions, which go with it; a content is large. */
const taskBatchSize = 200;

/** One pass, to the end of what is old. Any number of processes may do it at the same time. */
export async function pruneOld({ db }: Pick<Context, "db">, retention: Retention): Promise<void> {
  const { deliveryRetentionDays, taskRetentionDays, recordRetentionDays, onPruned, signal } = retention;
  const deliveries = { retentionDays: deliveryRetentionDays, limit: batchSize };
  const untilNone = async (table: PrunedTable, limit: number, prune: () => Promise<number>) => {
    for (let rows = limit; rows === limit && !signal.aborted; ) {
      rows = await prune();
      onPruned(table, rows);
    }
  };
  const untilLast = async (table: PrunedTable, prune: (after: string | null) => Promise<PrunedTasks>) => {
    for (let after: string | null = null; !signal.aborted; ) {
      const { deleted, last } = await prune(after);
      onPruned(table, deleted);
      if (last === null) return;
      after = last;
    }
  };
  await untilNone("webhook_deliveries", batchSize, () => pruneDeliveries(db, deliveries));
  await untilNone("sync_runs", batchSize, () => pruneSyncRuns(db, deliveries));
  const records = { retentionDays: recordRetentionDays, limit: taskBatchSize };
  const tasks = { retentionDays: taskRetentionDays, limit: taskBatchSize };
  await untilNone("commands", taskBatchSize, () => pruneCommands(db, tasks));
  await untilLast("task_records", (after) => pruneTaskRecords(db, { ...records, after }));
  await untilLast("tasks", (after) => pruneTasks(db, { ...tasks, after }));
  await untilNone("contents", taskBatchSize, () => pruneContents(db, records));
}
