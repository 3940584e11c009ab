/** This process's part in the queue: it holds a lease, claims, runs, settles, sweeps, and drains when it is stopped. */
import { connect, type Db } from "../../adapters/postgres/connect.ts";
import { listen } from "../../adapters/postgres/listen.ts";
import { findStopRequests } from "../../adapters/postgres/runs.ts";
import { readyChannel } from "../../adapters/postgres/seats.ts";
import type { Context } from "../../context.ts";
import { handBackStrays } from "../../domain/task/hand-back-strays.ts";
import { sweepQueue } from "../../domain/task/sweep-queue.ts";
import type { Logger } from "../../log.ts";
import { type Loop, startLoop } from "../../loop.ts";
import { aborted, endsWithin } from "../../stopping.ts";
import { createExchange } from "./exchange.ts";
import { keepLease, type LeaseKeeper } from "./lease.ts";
import { createRuns, type Execute, type Runs } from "./runs.ts";

const sweepMs = 1_000;
const errorDelayMs = 1_000;
const maxRenewMs = 1_000;
/** How long runs may take to notice that they are aborted, before their tasks are handed back over their heads. */
const noticeMs = 300;
/** How long handing back and giving up the lease may take. */
const leaveMs = 400;

export interface QueueWorker {
  readonly db: Db;
  /** For a connection of its own, on which tasks are settled and claimed: no run keeps it waiting, and it stays planned. */
  readonly databaseUrl: string;
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
  /** Told when the grace is over and runs were aborted that had not ended: cuts off what they wait for. */
  readonly onGraceOver?: () => void;
  /** Aborted: claims no more and drains. */
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal is aborted and every run has ended or was handed back; within a second of the end of the grace,
 * whatever hangs. Never rejects for a failing database.
 */
export async function runQueueWorker(worker: QueueWorker): Promise<void> {
  const { db, log, leaseMs, concurrency, signal } = worker;
  const leases = keepLease({ db, log, leaseMs });
  const runs = createRuns({ db, log }, worker.execute, () => exchanging.wake());
  const loop = (name: string, pass: () => Promise<number>, until: AbortSignal): Loop =>
    startLoop({ name, pass, errorDelayMs, log, signal: until });

  // Renewing and settling go on while the last runs end.
  const drained = new AbortController();
  const renewing = loop("renew", () => renew(db, leases, runs, leaseMs), drained.signal);
  const own = connect(worker.databaseUrl, "reviewd queue", 1);
  const claiming = followed(createExchange({ db: own.db, log }, { leases, runs, concurrency, signal }));
  const exchanging = loop("exchange", claiming.pass, drained.signal);
  const sweeping = loop("sweep", () => sweep({ db, log }), signal);
  const wake = exchanging.wake;
  const listener = worker.listenUrl
    ? listen({ url: worker.listenUrl, channel: readyChannel, onNotify: wake, log })
    : null;

  await aborted(signal);
  log.info({ running: runs.count(), graceMs: worker.graceMs }, "stopping: no more claims");
  leases
    .dropReservation()
    .catch((error: unknown) =>
      log.warn({ err: error }, "a task lost twice stays reserved until this process ends"),
    );
  // A claim that is under way may still bring tasks.
  await drain(worker, runs, claiming.latest().then(runs.allEnded));
  drained.abort();
  const left = leave({ db, log }, { runs, leases, loops: [renewing, exchanging] });
  if (!(await endsWithin(leaveMs, Promise.all([left, sweeping.done, listener?.close()]))))
    log.warn("not waiting any longer for the database; others take what is left when the lease ends");
  void own.close();
}

async function drain(
  { graceMs, onGraceOver }: QueueWorker,
  runs: Runs,
  allEnded: Promise<void>,
): Promise<void> {
  if (await endsWithin(graceMs, allEnded)) return;
  runs.release();
  onGraceOver?.();
  await endsWithin(noticeMs, allEnded);
}

interface Leaving {
  readonly runs: Runs;
  readonly leases: LeaseKeeper;
  /** What works under the lease. */
  readonly loops: readonly Loop[];
}

/** Leaves nothing behind that runs under this process's lease, then gives the lease up. */
async function leave(ctx: Context, { runs, leases, loops }: Leaving): Promise<void> {
  try {
    const lease = leases.current();
    if (lease) await runs.handBack(lease.workerId);
    await Promise.all(loops.map(({ done }) => done));
    // By now nothing is its own any more.
    if (lease) await handBackStrays(ctx, { workerId: lease.workerId, isKnown: () => false });
    await leases.end();
  } catch (error) {
    ctx.log.warn({ err: error }, "the lease is not given up; others take what is left when it ends");
  }
}

/** The pass of a loop, and a way to wait for the latest one. */
function followed(pass: () => Promise<number>) {
  let latest: Promise<unknown> = Promise.resolve();
  const follow = () => {
    const passing = pass();
    // How it failed is the loop's to tell.
    latest = passing.catch(() => {});
    return passing;
  };
  return { pass: follow, latest: async () => void (await latest) };
}

async function sweep(ctx: Context): Promise<number> {
  await sweepQueue(ctx);
  return sweepMs;
}

async function renew(db: Db, leases: LeaseKeeper, runs: Runs, leaseMs: number): Promise<number> {
  await leases.renew();
  const lease = leases.current();
  if (lease) runs.stop(await findStopRequests(db, lease.workerId));
  return Math.min(maxRenewMs, leaseMs / 5);
}
