/** Plays chaos: tasks are queued and run while processes are killed and stand still, and Postgres crashes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { findBrokenSeats } from "../../src/adapters/postgres/seats.ts";
import { removeServerFolder } from "../../test/support/server.ts";
import { type ChaosDatabase, startChaosDatabase } from "./chaos-database.ts";
import {
  type ChaosHistory,
  describeError,
  type Happened,
  isOutage,
  type Notes,
  readHistory,
} from "./chaos-history.ts";
import { type ChaosProcesses, startProcesses } from "./chaos-processes.ts";
import {
  type ChaosWorld,
  cancelOne,
  changeOneCap,
  type Persist,
  queueOne,
  restoreCaps,
  seedChaos,
} from "./chaos-world.ts";

export interface ChaosPlan {
  /** More are queued when not everything below has happened by then. */
  readonly tasks: number;
  /** So many before the first process starts. */
  readonly headStart: number;
  /** Queuing waits while more are unfinished. */
  readonly deepestBacklog: number;
  /** Beside the one with half of all tasks. */
  readonly owners: number;
  readonly processes: number;
  readonly claimersEach: number;
  readonly leaseMs: number;
  /** The pause after which a process is killed and another one started, again and again until all is over. Null: never. */
  readonly killEveryMs: number | null;
  readonly leastKills: number;
  /** The same for processes that stand still for longer than their lease, and for those asked to end; at least once. */
  readonly standStillEveryMs: number | null;
  readonly replaceEveryMs: number | null;
  /** Postgres crashes once, when half of the tasks are over. */
  readonly crash: boolean;
  /** Makes the queue a broken one, before anything happens. */
  readonly spoil?: (db: Db) => Promise<void>;
}

const concurrency = 6;
const queuers = 6;
const backlogPollMs = 20;
const cancelEveryMs = 40;
const changeCapEveryMs = 100;
const lookEveryMs = 250;
const outageRetryMs = 50;
const beyondLeaseMs = 1_000;
/** Between two harms of a kind so many tasks end: processes hit before they did anything would get nowhere. */
const endedBetween = 20;
/** When nothing has ended for so long, nothing will. */
const stuckAfterMs = 30_000;

interface Play extends Notes {
  readonly plan: ChaosPlan;
  readonly world: ChaosWorld;
  readonly database: ChaosDatabase;
  readonly processes: ChaosProcesses;
  unfinished: number;
  /** At least: what was queued during the look counts as unfinished alone. */
  ended: number;
  phase: "queuing" | "draining" | "over";
  areCapsRestored: boolean;
}

export async function playChaos(plan: ChaosPlan): Promise<ChaosHistory> {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-chaos-"));
  const serverFolder = join(folder, "postgres");
  try {
    return await playIn(folder, serverFolder, plan);
  } finally {
    removeServerFolder(serverFolder);
    rmSync(folder, { recursive: true });
  }
}

async function playIn(folder: string, serverFolder: string, plan: ChaosPlan): Promise<ChaosHistory> {
  await using database = await startChaosDatabase(serverFolder);
  await plan.spoil?.(database.db);
  const world = await seedChaos(database.db, plan.owners);
  await Promise.all(Array.from({ length: plan.headStart }, () => queueOne(world)));
  const { claimersEach: claimers, leaseMs } = plan;
  const options = { databaseUrl: database.url, claimers, concurrency, leaseMs };
  await using processes = startProcesses(plan.processes, folder, options);
  const play: Play = {
    ...{ plan, world, database, processes },
    happened: { kills: 0, standStills: 0, replacements: 0, crashes: 0 },
    errors: [],
    brokenSeats: [],
    looks: 0,
    unfinished: world.queued.length,
    ended: 0,
    phase: "queuing",
    areCapsRestored: false,
  };
  await Promise.all([queueAndDrain(play), watch(play), ...harm(play)]);
  const all = await processes.end();
  await look(play);
  return await readHistory(database.db, world, all, play);
}

/** Queues everything, while tasks are cancelled and caps change; then all caps allow the rest to end. */
async function queueAndDrain(play: Play): Promise<void> {
  const { world } = play;
  const queuing = Array.from({ length: queuers }, () => queueAll(play));
  const meddling = [
    meddle(play, cancelEveryMs, () => attempt(play, () => cancelOne(world))),
    meddle(play, changeCapEveryMs, () => changeOneCap(world, persistIn(play))),
  ];
  await Promise.all(queuing);
  if (play.phase === "queuing") play.phase = "draining";
  await Promise.all(meddling);
  await restoreCaps(world, persistIn(play));
  play.areCapsRestored = true;
}

async function queueAll(play: Play): Promise<void> {
  const { plan, world } = play;
  while (play.phase === "queuing" && (world.queued.length < plan.tasks || !hasAllHappened(play))) {
    if (play.unfinished > plan.deepestBacklog) await Bun.sleep(backlogPollMs);
    else await attempt(play, () => queueOne(world));
  }
}

function hasAllHappened({ plan, happened }: Play): boolean {
  return (
    happened.kills >= plan.leastKills &&
    (plan.standStillEveryMs === null || happened.standStills > 0) &&
    (plan.replaceEveryMs === null || happened.replacements > 0) &&
    (!plan.crash || happened.crashes > 0)
  );
}

async function meddle(play: Play, everyMs: number, act: () => Promise<unknown>): Promise<void> {
  while (play.phase === "queuing") {
    await Bun.sleep(everyMs);
    await act();
  }
}

/** Goes on until all is over: whatever is the last to run may still be hit. */
function harm(play: Play): readonly Promise<void>[] {
  const { plan, processes, happened } = play;
  const repeat = async (everyMs: number | null, what: keyof Happened, act: () => Promise<void>) => {
    if (everyMs === null) return;
    for (;;) {
      const endedBefore = play.ended;
      await Bun.sleep(everyMs);
      while (play.phase !== "over" && play.ended < endedBefore + endedBetween) await Bun.sleep(lookEveryMs);
      if (play.phase === "over") return;
      await act();
      happened[what]++;
    }
  };
  return [
    repeat(plan.killEveryMs, "kills", processes.kill),
    repeat(plan.standStillEveryMs, "standStills", () => processes.stop(plan.leaseMs + beyondLeaseMs)),
    repeat(plan.replaceEveryMs, "replacements", processes.replace),
    ...(plan.crash ? [crashOnce(play)] : []),
  ];
}

async function crashOnce(play: Play): Promise<void> {
  const { plan, happened, database } = play;
  while (play.ended < plan.tasks / 2) {
    await Bun.sleep(lookEveryMs);
    if (play.phase === "over") return;
  }
  await database.crash();
  happened.crashes++;
}

/** Looks for what must never be seen, and whether all is over. */
async function watch(play: Play): Promise<void> {
  let lastEnded = 0;
  let progressAt = performance.now();
  while (play.phase !== "over") {
    await Bun.sleep(lookEveryMs);
    await attempt(play, () => look(play));
    if (play.ended !== lastEnded) progressAt = performance.now();
    lastEnded = play.ended;
    const isStuck = performance.now() - progressAt > stuckAfterMs;
    if (isStuck || (play.areCapsRestored && play.unfinished === 0)) play.phase = "over";
  }
}

async function look(play: Play): Promise<void> {
  const { db } = play.database;
  const queued = play.world.queued.length;
  const [row] = await db.execute<{ unfinished: number }>(sql`
    select count(*)::integer as unfinished from tasks where status in ('pending', 'running')`);
  play.unfinished = row?.unfinished ?? 0;
  play.ended = queued - play.unfinished;
  play.brokenSeats.push(...(await findBrokenSeats(db)).map(({ broken, id }) => `${broken}: ${id}`));
  play.looks++;
}

/** False: Postgres was gone. Any other failure is a fault of what failed. */
async function attempt({ errors }: Notes, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    const description = describeError(error);
    if (!isOutage(description)) errors.push(description);
    await Bun.sleep(outageRetryMs);
    return false;
  }
}

function persistIn(notes: Notes): Persist {
  return async (act) => {
    while (!(await attempt(notes, act)));
  };
}
