/** The queue on /metrics, as the last reading found it. */
import type { LiveWorker, QueueView } from "../../adapters/postgres/queue-views.ts";
import { createReadingGauges, one } from "./reading-gauges.ts";

interface QueueReading {
  readonly queue: Omit<QueueView, "owners">;
  readonly workers: readonly Pick<LiveWorker, "role">[];
  readonly brokenSeats: number;
  /** Installations whose reviews wait until somebody acts. */
  readonly requiredActions: number;
  /** Null: no transaction is open whose age is told. */
  readonly oldestTransactionSecs: number | null;
  readonly oldestSnapshotTransactions: number;
}

const shownMs = 120_000;
/** There with 0 while none lives, so that an alert can see that. */
const expectedRole = "dispatcher";

const { show, add: gauge } = createReadingGauges<QueueReading>(shownMs);
export const showQueue = show;

gauge(
  "queue_pending",
  "Pending tasks by placement: ready to be claimed, waiting for a seat, held by their pull request, delayed.",
  ({ queue }) => Object.entries(queue.depth).map(([placement, count]) => [{ placement }, count]),
  ["placement"],
);
gauge("queue_running", "Tasks that run.", ({ queue }) => one(queue.running));
gauge(
  "queue_oldest_pending_seconds",
  "Since the oldest pending task was made; 0 when none is.",
  ({ queue }) => one(queue.oldestPendingSecs ?? 0),
);
gauge("queue_failed_last_day", "Tasks that failed within the last 24 hours.", ({ queue }) =>
  one(queue.failedLastDay),
);
gauge("queue_seats_in_use", "Seats that ready and running tasks hold, of all owners together.", ({ queue }) =>
  one(queue.seats.inUse),
);
gauge(
  "workers",
  "Processes whose lease holds.",
  ({ workers }) => {
    const counts = new Map([[expectedRole, 0]]);
    for (const { role } of workers) counts.set(role, (counts.get(role) ?? 0) + 1);
    return [...counts].map(([role, count]) => [{ role }, count]);
  },
  ["role"],
);
gauge(
  "broken_seats",
  "Invariants of the queue that do not hold; anything but 0 is a bug.",
  ({ brokenSeats }) => one(brokenSeats),
);
gauge(
  "installations_action_required",
  "Installations whose reviews wait until somebody grants a permission, lifts a suspension or sets a valid key.",
  ({ requiredActions }) => one(requiredActions),
);
gauge(
  "oldest_transaction_seconds",
  "Since the oldest open transaction that keeps vacuum from this database began, as far as it may be seen.",
  ({ oldestTransactionSecs }) => one(oldestTransactionSecs ?? 0),
);
gauge(
  "oldest_snapshot_transactions",
  "Transactions begun since the oldest snapshot that keeps vacuum from this database, also a replica's, was taken.",
  ({ oldestSnapshotTransactions }) => one(oldestSnapshotTransactions),
);
gauge(
  "queue_read_timestamp_seconds",
  "When the queue was read for these metrics, as Unix time.",
  (_, unixSecs) => one(unixSecs),
);
