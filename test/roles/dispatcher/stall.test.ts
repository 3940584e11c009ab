/** A process that stands still for longer than its lease, then goes on as if nothing had been. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { createLog } from "../../../src/log.ts";
import { runQueueWorker } from "../../../src/roles/dispatcher/queue-worker.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
const folder = mkdtempSync(join(tmpdir(), "reviewd-stall-"));
const leaseMs = 60_000;

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

async function enqueue(): Promise<string> {
  return (await insertTask(db, newTask(await seedPullRequest(db, await seedOwner(db))))).id;
}

async function startStalling(how: "blocks" | "waits") {
  const file = join(folder, `${how}-goes-on`);
  const script = join(import.meta.dir, "stalling-worker.ts");
  const child = Bun.spawn([process.execPath, script, database.url, String(leaseMs), file, how], {
    stdout: "ignore",
    stderr: "inherit",
  });
  const goOn = () => Bun.write(file, "");
  const dispose = async () => {
    await goOn();
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  };
  return { child, goOn, [Symbol.asyncDispose]: dispose };
}

interface Attempt extends Record<string, unknown> {
  readonly outcome: string;
  readonly worker_id: string;
}

async function attemptsOf(taskId: string): Promise<readonly Attempt[]> {
  return await db.execute<Attempt>(
    sql`select outcome, worker_id from attempts where task_id = ${taskId} order by fence`,
  );
}

async function expectStatus(taskId: string, status: string): Promise<void> {
  await eventually(async () => {
    const [row] = await db.execute(sql`select status from tasks where id = ${taskId}`);
    expect(row).toMatchObject({ status });
  });
}

test.each(["blocks its event loop", "is suspended"])(
  "its task is taken over, its late end changes nothing, it goes on under a new lease: it %s",
  async (name) => {
    const isSuspended = name === "is suspended";
    await using sleeper = await startStalling(isSuspended ? "waits" : "blocks");
    const taskId = await enqueue();
    await expectStatus(taskId, "running");
    if (isSuspended) sleeper.child.kill("SIGSTOP");
    await using _clock = await advanceClock(db, leaseMs + 1_000);

    const stopping = new AbortController();
    const other = runQueueWorker({
      db,
      databaseUrl: database.url,
      listenUrl: null,
      log: createLog("silent", {}),
      concurrency: 1,
      leaseMs,
      graceMs: leaseMs,
      execute: async () => ({ kind: "completed", reason: "reviewed" }),
      signal: stopping.signal,
    });
    await expectStatus(taskId, "completed");
    stopping.abort();
    await other;

    await sleeper.goOn();
    sleeper.child.kill("SIGCONT");
    const next = await enqueue();
    await expectStatus(next, "completed");
    const attempts = await attemptsOf(taskId);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker_lost", "completed"]);
    const [own] = await attemptsOf(next);
    expect(own?.outcome).toBe("completed");
    expect(attempts.map(({ worker_id }) => worker_id)).not.toContain(own?.worker_id);
    const [row] = await db.execute(sql`select attempt_count, lost_count from tasks where id = ${taskId}`);
    expect(row).toMatchObject({ attempt_count: 1, lost_count: 1 });
  },
);
