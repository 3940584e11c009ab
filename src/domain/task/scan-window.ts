/**
 * Where the search for ready tasks begins. What was claimed leaves dead entries at the head of the index, which no
 * vacuum removes while a long transaction is open, and every search from the beginning steps over all of them. So most
 * searches begin at the lowest rank that the last whole one found: what became ready since has at least that rank, and
 * what is missed (it was locked, or not committed yet) the next whole one finds.
 */
import type { Exchanged } from "../../adapters/postgres/runs.ts";

export interface ScanWindow {
  /** The rank to search from; 0: from the beginning. */
  readonly fromRank: () => number;
  /** Milliseconds until a whole search is due again. */
  readonly wholeScanInMs: () => number;
  readonly learn: (fromRank: number, found: Pick<Exchanged, "lowestRank" | "virtualTime" | "scanMs">) => void;
}

/** Whole searches take up to this share of the time, but there is one at least every second. */
const wholeScanShare = 0.05;
const maxWholeScanDelayMs = 1_000;

export function createScanWindow(nowMs: () => number = () => performance.now()): ScanWindow {
  let lowestRank = 0;
  let wholeScanAtMs = 0;
  const wholeScanInMs = () => Math.max(0, wholeScanAtMs - nowMs());
  return {
    fromRank: () => (wholeScanInMs() === 0 ? 0 : lowestRank),
    wholeScanInMs,
    learn: (fromRank, found) => {
      if (fromRank > 0) return;
      lowestRank = Math.min(found.lowestRank ?? found.virtualTime, found.virtualTime);
      wholeScanAtMs = nowMs() + Math.min(maxWholeScanDelayMs, found.scanMs / wholeScanShare);
    },
  };
}
