import { afterAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { register } from "prom-client";
import type { OpenTransaction } from "../../../src/adapters/postgres/open-transactions.ts";
import { workers } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { createLog } from "../../../src/log.ts";
import { createComplaints, createQueueWatch } from "../../../src/roles/syncer/queue-watch.ts";
import { startSyncWorld } from "../../domain/delivery/sync-world.ts";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { startReviewd } from "../../support/run-reviewd.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

const active = new AbortController().signal;

function collectLog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("debug", {}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

/** The samples of reviewd's gauges that are about the queue, by name and labels. */
async function samples(): Promise<Readonly<Record<string, number>>> {
  const lines = (await register.metrics()).split("\n").filter((line) => /^reviewd_/.test(line));
  const pairs = lines.map((line): [string, number] => {
    const at = line.lastIndexOf(" ");
    return [line.slice("reviewd_".length, at), Number(line.slice(at))];
  });
  const watched = /^(queue|workers|broken|oldest)/;
  return Object.fromEntries(pairs.filter(([name]) => watched.test(name)));
}

const beforeAnyReading = await samples();

test("what was never read is not shown, not even as 0", () => {
  expect(beforeAnyReading).toEqual({});
});

test("a reading shows how much is where, and who works on it", async () => {
  const ownerId = await seedOwner(db, 1);
  for (let i = 0; i < 3; i++) {
    const task = newTask(await seedPullRequest(db, ownerId));
    await db.transaction((tx) => insertTask(tx, task));
  }
  const { log, lines } = collectLog();
  const watch = createQueueWatch({ db, log });
  await watch(active);
  const first = await samples();
  expect(first).toMatchObject({
    'queue_pending{placement="ready"}': 1,
    'queue_pending{placement="waiting"}': 2,
    'queue_pending{placement="held"}': 0,
    'queue_pending{placement="delayed"}': 0,
    queue_running: 0,
    queue_failed_last_day: 0,
    queue_seats_in_use: 1,
    'workers{role="dispatcher"}': 0,
    broken_seats: 0,
  });
  expect(Object.keys(first)).toHaveLength(13);
  expect(Math.abs((first.queue_read_timestamp_seconds ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  expect(lines).toEqual([]);

  const expiresAt = sql`reviewd_now() + interval '1 minute'`;
  await db.insert(workers).values({ id: Bun.randomUUIDv7(), role: "dispatcher", expiresAt });
  await watch(active);
  expect(await samples()).toMatchObject({ 'workers{role="dispatcher"}': 1 });
});

test("broken seats are shown and named", async () => {
  const ownerId = await seedOwner(db);
  await db.execute(sql`update owners set seats_in_use = 1 where id = ${ownerId}`);
  const { log, lines } = collectLog();
  await createQueueWatch({ db, log })(active);
  await db.execute(sql`update owners set seats_in_use = 0 where id = ${ownerId}`);
  expect(await samples()).toMatchObject({ broken_seats: 1 });
  expect(lines).toMatchObject([{ level: "error", count: 1, first: [{ id: ownerId }] }]);
});

test("a transaction of somebody else's that keeps vacuum away is shown with its age", async () => {
  const { log } = collectLog();
  const opened = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const open = db.transaction(
    async (tx) => {
      await tx.execute(sql`select from owners`);
      opened.resolve();
      await end.promise;
    },
    { isolationLevel: "repeatable read" },
  );
  await opened.promise;
  await createQueueWatch({ db, log })(active);
  end.resolve();
  await open;
  expect((await samples()).oldest_transaction_seconds).toBeGreaterThan(0);
});

describe("a long transaction", () => {
  const long: OpenTransaction = { kind: "session", name: "psql", pid: 7, seconds: 301, transactions: 5 };

  test("is named once, while it lasts", () => {
    const { log, lines } = collectLog();
    const complain = createComplaints({ db, log });
    complain([long, { ...long, name: "short", seconds: 299 }, { ...long, name: "hidden", seconds: null }]);
    complain([{ ...long, seconds: 331 }]);
    expect(lines).toMatchObject([{ level: "warn", name: "psql", pid: 7, seconds: 301 }]);
  });

  test("is named again when it is another one", () => {
    const { log, lines } = collectLog();
    const complain = createComplaints({ db, log });
    for (const transactions of [[long], [], [long], [{ ...long, pid: 8 }]]) complain(transactions);
    expect(lines.map(({ pid }) => pid)).toEqual([7, 7, 8]);
  });
});

test("the syncer that is active shows the queue, with its own login's rights; one that stands by shows nothing", async () => {
  await using world = await startSyncWorld();
  const { hub } = world;
  // As an operator's login in the role would be.
  const url = new URL(world.databaseUrl);
  url.searchParams.set("role", "reviewd_syncer");
  const start = () =>
    startReviewd(["syncer"], {
      env: {
        DATABASE_URL: url.href,
        METRICS_PORT: "0",
        GITHUB_API_URL: hub.apiUrl,
        GITHUB_APP_ID: String(hub.app.id),
        GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
      },
    });
  const reading = /^reviewd_(queue|workers|broken|oldest|reviews_commented)/m;
  const metricsOf = async (port: unknown) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  await using active = start();
  await active.log("active");
  const { port } = await active.log("health and metrics are served");
  await eventually(async () => {
    const shown = await metricsOf(port);
    expect(shown).toMatch(/^reviewd_broken_seats 0$/m);
    expect(shown).toMatch(/^reviewd_reviews_commented_last_day 0$/m);
    expect(shown).toMatch(/^reviewd_active\{role="syncer"\} 1$/m);
  });
  await using standby = start();
  await standby.log("standing by, another process is active");
  const { port: standbyPort } = await standby.log("health and metrics are served");
  const shown = await metricsOf(standbyPort);
  expect(shown).not.toMatch(reading);
  expect(shown).toMatch(/^reviewd_active\{role="syncer"\} 0$/m);

  // The active one is lost sight of, and is back when the other has taken over: what it read is told by that one now.
  active.signal("SIGSTOP");
  await world.ctx.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'reviewd syncer lock' and state = 'idle in transaction'`);
  await standby.log("active");
  active.signal("SIGCONT");
  await eventually(async () => {
    const [before, now] = [await metricsOf(port), await metricsOf(standbyPort)];
    expect(before).toMatch(/^reviewd_active\{role="syncer"\} 0$/m);
    expect(before).not.toMatch(reading);
    expect(now).toMatch(/^reviewd_broken_seats 0$/m);
  });
});
