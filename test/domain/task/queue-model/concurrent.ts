/**
 * Many clients do random actions at once, on connections of their own. What they did can be in any order, so nothing
 * is compared with a model: the promises must hold at every moment, and over all runs when the queue was emptied.
 */
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { type Action, concurrentAction } from "./action.ts";
import { observe } from "./observe.ts";
import { perform } from "./perform.ts";
import { findRunFaults } from "./runs.ts";
import { caps, resetWorld, startWorker, type World } from "./world.ts";

const clients = 8;
const bursts = { minLength: 4, maxLength: 6, size: "max" } as const;
const actions = { minLength: 3, maxLength: 6, size: "max" } as const;
/** Longer than a lease and any retry: after it, all that is unfinished can be taken. */
const longMs = 700_000;
const maxDrainPasses = 60;

/** Each burst is one list of actions for each client. */
const history: fc.Arbitrary<readonly (readonly (readonly Action[])[])[]> = fc.array(
  fc.array(fc.array(concurrentAction, actions), { minLength: clients, maxLength: clients, size: "max" }),
  bursts,
);

/** For each history, its faults in words; empty: there were none. */
export async function* playConcurrently(
  seeded: World,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): AsyncGenerator<readonly string[]> {
  for (const played of fc.sample(history, { seed, numRuns: runs })) {
    const world = await resetWorld(seeded);
    const faults: string[] = [];
    for (const burst of played) {
      faults.push(...(await playBurst(world, burst)));
      await perform(world, { do: "advance", ms: 8_000 });
    }
    faults.push(...(await drain(world)), ...(await findRunFaults(world)));
    yield [...new Set(faults)];
  }
}

async function playBurst(world: World, burst: readonly (readonly Action[])[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const play = async (list: readonly Action[]) => {
    for (const action of list) await attempt(faults, () => perform(world, action));
  };
  let isPlaying = true;
  const watching = watch(world, () => isPlaying);
  await Promise.all(burst.map(play));
  isPlaying = false;
  return [...faults, ...(await watching), ...(await findBroken(world))];
}

/** Looks all the time: what breaks for a moment may be mended by the next release. */
async function watch(world: World, isPlaying: () => boolean): Promise<readonly string[]> {
  const faults: string[] = [];
  while (isPlaying() && faults.length === 0) {
    faults.push(...(await findBroken(world)));
  }
  return faults;
}

async function findBroken({ ctx, highestCaps }: World): Promise<readonly string[]> {
  return (await observe(ctx.db, highestCaps)).broken;
}

/** Lets everything end that can: with time, sweeps and workers enough, all of it must. */
async function drain(world: World): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let owner = 0; owner < world.owners.length; owner++) {
    await attempt(faults, () => perform(world, { do: "cap", owner, maxRunning: caps[owner] ?? 1 }));
  }
  for (let pass = 0; pass < maxDrainPasses && faults.length === 0; pass++) {
    if ((await countUnfinished(world)) === 0) return [];
    await attempt(faults, () => drainOnce(world));
  }
  const unfinished = await countUnfinished(world);
  return unfinished === 0
    ? faults
    : [...faults, `${unfinished} tasks were lost: nothing brings them to an end`];
}

async function drainOnce(world: World): Promise<void> {
  await perform(world, { do: "advance", ms: longMs });
  await perform(world, { do: "sweep" });
  world.workerIds[0] = await startWorker(world.ctx.db);
  await perform(world, { do: "exchange", worker: 0, completed: 0, late: false, limit: 100, isIdle: true });
  const outcome = { kind: "completed", reason: "reviewed" } as const;
  while (world.open.length > 0) await perform(world, { do: "settle", run: 0, late: false, outcome });
}

async function countUnfinished({ ctx }: World): Promise<number> {
  const rows = await ctx.db.execute(sql`select from tasks where status in ('pending', 'running')`);
  return rows.length;
}

/** Any error is a fault: none of these actions may fail, and a deadlock least of all. */
async function attempt(faults: string[], act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? `${cause.code}: ` : "";
    faults.push(`an action failed: ${code}${cause instanceof Error ? cause.message : cause}`);
  }
}
