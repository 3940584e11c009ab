/** The queue against a model of it, alone and from many connections; and whether this would notice a broken queue. */
import { describe, expect, test } from "bun:test";
import type { Db } from "../../../src/adapters/postgres/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { playConcurrently } from "./queue-model/concurrent.ts";
import { applyMutant, type Mutant, mutants } from "./queue-model/mutants.ts";
import { checkSequentially } from "./queue-model/sequential.ts";
import { freezeClock, seedWorld, type World } from "./queue-model/world.ts";

/** To look further than every test run does: QUEUE_MODEL_SEED=7 QUEUE_MODEL_EFFORT=20 */
const seed = Number(process.env.QUEUE_MODEL_SEED ?? 20_261_121);
const effort = Number(process.env.QUEUE_MODEL_EFFORT ?? 1);
const sequentialRuns = 60 * effort;
const concurrentRuns = 8 * effort;
/** The first failing schedule ends a mutant's check. */
const mutantRuns = 400;
const propertyFailed = /^Property failed/;
/** Limits for what hangs or is shrunk without end, not a measure: alone on a machine the checks take seconds. */
const withinMs = 240_000 * Math.max(1, effort);
const timeoutMs = withinMs + 60_000;

test(
  `whatever happens, the queue is what the model says (seed ${seed})`,
  () =>
    inDatabase(async ({ db }) => {
      await freezeClock(db);
      const world = await seedWorld(db);
      await checkSequentially(world, { seed, runs: sequentialRuns, shrink: true, withinMs });
    }),
  timeoutMs,
);

test(
  `whatever happens at once, no promise is broken and no run lost or doubled (seed ${seed})`,
  () =>
    inDatabase(async ({ db }) => {
      let histories = 0;
      for await (const faults of playConcurrently(await seedWorld(db), { seed, runs: concurrentRuns })) {
        histories++;
        expect({ histories, faults }).toEqual({ histories, faults: [] });
      }
      expect(histories).toBe(concurrentRuns);
    }),
  timeoutMs,
);

describe("a broken queue is noticed:", () => {
  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    "%s",
    async (_name, mutant) => {
      const failure = await inDatabase(({ db }) => checkMutant(db, mutant));
      expect(failure).toMatch(mutant.noticed ?? propertyFailed);
    },
    timeoutMs,
  );
});

async function checkMutant(db: Db, mutant: Mutant): Promise<string> {
  const world = await seedWorld(db, await applyMutant(db, mutant));
  if (mutant.check === "concurrent") return await faultsOf(world, mutant);
  await freezeClock(db);
  return await failureOf(checkSequentially(world, { seed, runs: mutantRuns, shrink: false, withinMs }));
}

async function inDatabase<T>(use: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** Of the first history that shows what is looked for, or else of all of them. */
async function faultsOf(world: World, { noticed = /./ }: Mutant): Promise<string> {
  const seen = new Set<string>();
  for await (const faults of playConcurrently(world, { seed, runs: mutantRuns })) {
    for (const fault of faults) seen.add(fault);
    if (faults.some((fault) => noticed.test(fault))) break;
  }
  return [...seen].join("\n");
}

/** Empty when it did not fail. */
async function failureOf(check: Promise<void>): Promise<string> {
  return await check.then(
    () => "",
    (error: unknown) => Bun.stripANSI(error instanceof Error ? error.message : String(error)),
  );
}
