import { afterAll, beforeAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { createRoleLock } from "../src/adapters/postgres/advisory-lock.ts";
import { createLog } from "../src/log.ts";
import { startSoleLoop } from "../src/sole-loop.ts";
import { createTestDatabase, type TestDatabase } from "./support/database.ts";
import { eventually } from "./support/eventually.ts";

let database: TestDatabase;
const log = createLog("silent", {});

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** A process's loop; each pass is handed to the test. */
function startProcess(work: (signal: AbortSignal) => Promise<void>, intervalMs = 20) {
  const lock = createRoleLock({ url: database.url, role: "syncer", log });
  const stop = new AbortController();
  const loop = startSoleLoop({ name: "test", lock, intervalMs, work, log, signal: stop.signal });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await loop.done;
      await lock.release();
    },
  };
}

test("a pass is told in its middle that the lock is lost, and the process works again when it has it back", async () => {
  const passes: AbortSignal[] = [];
  await using _ = startProcess(async (signal) => {
    passes.push(signal);
    if (passes.length === 1) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  await eventually(() => expect(passes).toHaveLength(1));
  expect(passes[0]?.aborted).toBe(false);
  await database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'reviewd syncer lock'`);
  await eventually(() => expect(passes.length).toBeGreaterThan(1));
  expect(passes[0]?.aborted).toBe(true);
  expect(passes.at(-1)?.aborted).toBe(false);
});

test("of two processes one works, also when its passes throw", async () => {
  const passes = { first: 0, second: 0 };
  const work = (name: keyof typeof passes) => async () => {
    passes[name]++;
    throw new Error("a pass that fails");
  };
  await using _first = startProcess(work("first"));
  await eventually(() => expect(passes.first).toBeGreaterThan(0));
  const before = passes.first;
  await using _second = startProcess(work("second"));
  await eventually(() => expect(passes.first).toBeGreaterThan(before + 2));
  expect(passes.second).toBe(0);
});
