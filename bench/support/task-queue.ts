/** reviewd's own queue for lanes: the call that its dispatcher makes, for one task at a time. */
import { connect, type Db } from "../../src/adapters/postgres/connect.ts";
import { type ClaimedTask, type CompletedRun, exchangeRuns } from "../../src/adapters/postgres/runs.ts";
import { deleteWorker, insertWorker } from "../../src/adapters/postgres/workers.ts";
import { createScanWindow } from "../../src/domain/task/scan-window.ts";
import type { Lane, OpenQueue } from "./lanes.ts";

/** Longer than any measurement: nothing here renews a lease. */
const leaseMs = 3_600_000;

export async function openTaskQueue(url: string, lanes: number): Promise<OpenQueue> {
  const { db, close } = connect(url, "reviewd bench", lanes);
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
  return {
    url,
    openLane: () => openLane(db, workerId),
    close: async () => {
      await deleteWorker(db, workerId);
      await close();
    },
  };
}

/** Like a process of its own that runs one task at a time. */
function openLane(db: Db, workerId: string): Lane {
  const window = createScanWindow();
  let held: ClaimedTask | undefined;
  const exchange = async (limit: number) => {
    const fromRank = window.fromRank();
    const completed = held ? [{ ...held, reason: "reviewed" as const }] : [];
    const exchanged = await exchangeRuns(db, { workerId, completed, limit, isIdle: false, fromRank });
    if (exchanged.settled.length < completed.length) throw new Error(`not settled: ${held?.taskId}`);
    if (limit > 0) window.learn(fromRank, exchanged);
    [held] = exchanged.claimed;
  };
  const next = async () => {
    await exchange(1);
    return held !== undefined;
  };
  return { next, finish: () => exchange(0) };
}

export interface Claimer {
  /** One after the other. */
  readonly claim: (count: number) => Promise<void>;
  /** Finishes all of them. */
  readonly close: () => Promise<void>;
}

/** One process that has room for whatever it claims. */
export async function openClaimer(url: string): Promise<Claimer> {
  const { db, close } = connect(url, "reviewd bench", 1);
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
  const window = createScanWindow();
  const completed: CompletedRun[] = [];
  const claim = async (count: number) => {
    for (const until = completed.length + count; completed.length < until; ) {
      const fromRank = window.fromRank();
      const exchanged = await exchangeRuns(db, {
        workerId,
        completed: [],
        limit: 1,
        isIdle: false,
        fromRank,
      });
      window.learn(fromRank, exchanged);
      for (const run of exchanged.claimed) completed.push({ ...run, reason: "reviewed" });
    }
  };
  return {
    claim,
    close: async () => {
      await exchangeRuns(db, { workerId, completed, limit: 0, isIdle: false, fromRank: 0 });
      await deleteWorker(db, workerId);
      await close();
    },
  };
}
