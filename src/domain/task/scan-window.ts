/**
 * Where the search for ready tasks begins. What was claimed leaves dead entries at the head of the index, which no
 * vacuum removes while a long transaction is open, and a search from the beginning steps over all of them. So most
 * searches begin at the lowest rank found a moment ago: what becomes ready has at least the virtual time of then. What
 * is missed (it was locked, it was committed late, or it was handed back) the next whole search finds.
 */
import type { Exchanged } from "../../adapters/postgres/runs.ts";

export interface ScanWindow {
  /** The rank to search from; 0: from the beginning. */
  readonly fromRank: () => number;
  /** Milliseconds until a whole search is due again. */
  readonly wholeScanInMs: () => number;
  /** To be told what each search found, and from which rank it had begun. */
  readonly learn: (fromRank: number, found: Pick<Exchanged, "lowestRank" | "virtualTime" | "scanMs">) => void;
}

/** Whole searches take up to this share of the time, but there is one at least every second. */
const wholeScanShare = 0.01;
const maxWholeScanDelayMs = 1_000;
/** How long a transaction may take to commit what it made ready, and be seen by the next search all the same. */
const commitMs = 100;

export function createScanWindow(nowMs: () => number = () => performance.now()): ScanWindow {
  let lowestRank = 0;
  let nextLowestRank = 0;
  let movedAtMs = Number.NEGATIVE_INFINITY;
  let wholeScanAtMs = 0;
  const wholeScanInMs = () => Math.max(0, wholeScanAtMs - nowMs());
  return {
    fromRank: () => (wholeScanInMs() === 0 ? 0 : lowestRank),
    wholeScanInMs,
    learn: (fromRank, { lowestRank: found, virtualTime, scanMs }) => {
      const now = nowMs();
      if (fromRank === 0) wholeScanAtMs = now + Math.min(maxWholeScanDelayMs, scanMs / wholeScanShare);
      if (now - movedAtMs < commitMs) return;
      lowestRank = nextLowestRank;
      nextLowestRank = Math.min(found ?? virtualTime, virtualTime);
      movedAtMs = now;
    },
  };
}
