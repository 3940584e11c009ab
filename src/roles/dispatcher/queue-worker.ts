/** This process's part in the queue: it holds a lease, claims, runs, settles, sweeps, and drains when it is stopped. */
import type { Db } from "../../adapters/postgres/connect.ts";
import { listen } from "../../adapters/postgres/listen.ts";
import { findStopRequests } from "../../adapters/postgres/runs.ts";
import { readyChannel } from "../../adapters/postgres/seats.ts";
import { sweepQueue } from "../../domain/task/sweep-queue.ts";
import type { Logger } from "../../log.ts";
import { type Loop, startLoop } from "../../loop.ts";
import { createExchange } from "./exchange.ts";
import { keepLease, type LeaseKeeper } from "./lease.ts";
import { createRuns, type Execute, type Runs } from "./runs.ts";

const sweepMs = 1_000;
const errorDelayMs = 1_000;
const maxRenewMs = 1_000;

export interface QueueWorker {
  readonly db: Db;
  /** A direct connection for LISTEN; null: polling alone. */
  readonly listenUrl: string | null;
  readonly log: Logger;
  /** Tasks run at once. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** How long runs may go on after the signal. */
  readonly graceMs: number;
  /** Does a task's work. */
  readonly execute: Execute;
  /** Aborted: claims no more and drains. */
  readonly signal: AbortSignal;
}

/** Runs until the signal is aborted and every run has ended or was handed back. Never rejects for a failing database. */
export async function runQueueWorker(worker: QueueWorker): Promise<void> {
  const { db, log, leaseMs, concurrency, signal } = worker;
  const leases = keepLease({ db, log, leaseMs });
  const runs = createRuns({ db, log }, worker.execute, () => exchanging.wake());
  const loop = (name: string, pass: () => Promise<number>, until: AbortSignal): Loop =>
    startLoop({ name, pass, errorDelayMs, log, signal: until });

  // Renewing and settling go on while the last runs end.
  const drained = new AbortController();
  const renewing = loop("renew", () => renew(db, leases, runs, leaseMs), drained.signal);
  const exchange = createExchange({ db, log }, { leases, runs, concurrency, signal });
  const exchanging = loop("exchange", exchange, drained.signal);
  const sweeping = loop("sweep", () => sweep({ db, log }), signal);
  const wake = exchanging.wake;
  const listener = worker.listenUrl
    ? listen({ url: worker.listenUrl, channel: readyChannel, onNotify: wake, log })
    : null;

  await sweeping.done;
  log.info({ running: runs.count(), graceMs: worker.graceMs }, "stopping: no more claims");
  await runs.drain(worker.graceMs);
  drained.abort();
  await Promise.all([renewing.done, exchanging.done, listener?.close()]);
  await leases.end();
}

async function sweep(ctx: { readonly db: Db; readonly log: Logger }): Promise<number> {
  await sweepQueue(ctx);
  return sweepMs;
}

async function renew(db: Db, leases: LeaseKeeper, runs: Runs, leaseMs: number): Promise<number> {
  await leases.renew();
  const lease = leases.current();
  if (lease) runs.stop(await findStopRequests(db, lease.workerId));
  return Math.min(maxRenewMs, leaseMs / 5);
}
