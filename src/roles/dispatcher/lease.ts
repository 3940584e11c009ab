/** This process's lease: one worker row, renewed for as long as the process lives, replaced when it lapsed. */
import type { Db } from "../../adapters/postgres/connect.ts";
import { deleteWorker, dropReservation, insertWorker, renewWorker } from "../../adapters/postgres/workers.ts";
import type { Logger } from "../../log.ts";

interface Lease {
  readonly workerId: string;
  /** Aborted with the reason `lost` when the lease lapsed: runs under it must stop and write nothing. */
  readonly lost: AbortSignal;
}

export interface LeaseKeeper {
  /** The lease to claim under; starts one where there is none. */
  readonly get: () => Promise<Lease>;
  /** The lease there is, if any. */
  readonly current: () => Lease | null;
  /** Renews it; where it lapsed, tells its runs and lets the next get() start a new one. */
  readonly renew: () => Promise<void>;
  /** Tells others that this process waits for no task any more. */
  readonly dropReservation: () => Promise<void>;
  /** Gives it up: what still runs under it is lost to this process. */
  readonly end: () => Promise<void>;
}

export function keepLease({ db, log, leaseMs }: { db: Db; log: Logger; leaseMs: number }): LeaseKeeper {
  let held: { readonly lease: Lease; readonly lose: () => void } | null = null;

  const get = async () => {
    if (held) return held.lease;
    const controller = new AbortController();
    const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
    held = { lease: { workerId, lost: controller.signal }, lose: () => controller.abort("lost") };
    return held.lease;
  };

  const renew = async () => {
    const renewing = held;
    if (!renewing || (await renewWorker(db, { id: renewing.lease.workerId, leaseMs }))) return;
    log.error({ workerId: renewing.lease.workerId }, "the lease lapsed; its runs are aborted");
    held = null;
    renewing.lose();
  };

  const end = async () => {
    if (held) await deleteWorker(db, held.lease.workerId);
    held = null;
  };

  const dropOwnReservation = async () => {
    if (held) await dropReservation(db, held.lease.workerId);
  };

  return { get, current: () => held?.lease ?? null, renew, dropReservation: dropOwnReservation, end };
}
