/** Transactions as verbs run them: what loses against another transaction is run again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Tx } from "./connect.ts";

/** Deadlock, serialization failure: everything was rolled back, and the same again may succeed. */
const lostCodes: ReadonlySet<unknown> = new Set(["40P01", "40001"]);

const maxTries = 5;
/** Doubles from try to try. A deadlock has cost the server's deadlock_timeout (1 s) before. */
const baseDelayMs = 20;

/**
 * Runs the work in a transaction, again when that lost against another one. One lock order everywhere makes this rare;
 * it is for orders nobody foresaw. So the work changes nothing outside of its transaction.
 */
export async function inTransaction<Result>(db: Db, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (tries === maxTries || !isLost(error)) throw error;
    }
    // Both would meet again if they waited for the same time.
    await sleep(baseDelayMs * 2 ** tries * Math.random());
  }
}

/** The driver's error has the code; drizzle wraps it where a statement failed, and not where the commit did. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && lostCodes.has(error.code)) || isLost(error.cause);
}
