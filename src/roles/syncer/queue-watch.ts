/**
 * Reads the queue for /metrics and complains about what must not be. One process does, the active syncer: what is read
 * is the whole instance's, so each further reader would only cost the database the same again, and a process that works
 * on the queue would fall silent with it.
 */
import { findRequiredActions } from "../../adapters/postgres/installations.ts";
import {
  listOpenTransactions,
  longTransactionSecs,
  type OpenTransaction,
} from "../../adapters/postgres/open-transactions.ts";
import { listLiveWorkers, readQueue } from "../../adapters/postgres/queue-views.ts";
import { findBrokenSeats } from "../../adapters/postgres/seats.ts";
import type { Context } from "../../context.ts";
import { showQueue } from "./queue-metrics.ts";

/** The queue itself is read this often. */
export const queueReadMs = 30_000;
/** It looks at every owner and every task that holds or lacks a place, so it is read less often than the rest. */
const brokenSeatsMs = 60_000;
const maxNamed = 10;

/** The pass of the watching loop. */
export function createQueueWatch(ctx: Context): (signal: AbortSignal) => Promise<void> {
  const readBrokenSeats = createBrokenSeatsReader(ctx);
  const tellLongTransactions = createComplaints(ctx);
  return async (signal) => {
    // One after the other: the syncer's other loops need connections, too.
    const queue = await readQueue(ctx.db, { limit: 0 });
    const workers = await listLiveWorkers(ctx.db);
    const brokenSeats = await readBrokenSeats();
    const required = await findRequiredActions(ctx.db, null);
    const transactions = await listOpenTransactions(ctx.db);
    tellLongTransactions(transactions);
    const ages = transactions.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
    showQueue(
      {
        queue,
        workers,
        brokenSeats,
        requiredActions: required.length,
        oldestTransactionSecs: ages.length === 0 ? null : Math.max(...ages),
        oldestSnapshotTransactions: Math.max(0, ...transactions.map((one) => one.transactions)),
      },
      signal,
    );
  };
}

/** Answers what it found last while that is young. */
function createBrokenSeatsReader({ db, log }: Context): () => Promise<number> {
  let read: { readonly count: number; readonly atMs: number } | null = null;
  return async () => {
    const nowMs = performance.now();
    if (read && nowMs - read.atMs < brokenSeatsMs) return read.count;
    const broken = await findBrokenSeats(db);
    if (broken.length > 0) {
      log.error({ count: broken.length, first: broken.slice(0, maxNamed) }, "the queue's seats are broken");
    }
    read = { count: broken.length, atMs: nowMs };
    return read.count;
  };
}

/** Names each transaction that is open for long, once. */
export function createComplaints({ log }: Context): (transactions: readonly OpenTransaction[]) => void {
  let told: ReadonlySet<string> = new Set();
  return (transactions) => {
    const long = transactions.filter(({ seconds }) => (seconds ?? 0) > longTransactionSecs);
    for (const one of long) {
      if (!told.has(nameOf(one)))
        log.warn({ ...one }, "a transaction is open for long and keeps vacuum away");
    }
    told = new Set(long.map(nameOf));
  };
}

function nameOf({ kind, name, pid }: OpenTransaction): string {
  return `${kind} ${pid} ${name}`;
}
