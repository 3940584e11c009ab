/** Claims ready tasks for this process and starts their reviews. */
import { claimTasks } from "../../adapters/postgres/runs.ts";
import type { Context } from "../../context.ts";
import { handBackStrays } from "../../domain/task/hand-back-strays.ts";
import type { LeaseKeeper } from "./lease.ts";
import type { Runs } from "./runs.ts";

/** Polling alone finds work this fast; NOTIFY is faster. */
const claimPollMs = 1_000;

export interface Claimer {
  readonly leases: LeaseKeeper;
  readonly runs: Pick<Runs, "count" | "exclusive" | "has" | "start">;
  readonly concurrency: number;
}

/** The pass of the claiming loop. */
export function createClaims(ctx: Context, { leases, runs, concurrency }: Claimer): () => Promise<number> {
  let unanswered = false;
  return async () => {
    const { workerId, lost } = await leases.get();
    if (unanswered) await handBackStrays(ctx, { workerId, isKnown: runs.has });
    unanswered = false;
    const limit = concurrency - runs.count();
    if (limit <= 0 || runs.exclusive()) return claimPollMs;
    unanswered = true;
    const claimed = await claimTasks(ctx.db, { workerId, limit, idle: runs.count() === 0 });
    unanswered = false;
    for (const task of claimed) runs.start(task, lost);
    return claimPollMs;
  };
}
