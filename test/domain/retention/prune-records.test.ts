import { afterAll, afterEach, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { connect, type Db } from "../../../src/adapters/postgres/connect.ts";
import { keepContents } from "../../../src/adapters/postgres/contents.ts";
import { contents, taskRecords, tasks } from "../../../src/adapters/postgres/schema.ts";
import { replaceTaskRecords, type TaskRecord } from "../../../src/adapters/postgres/task-records.ts";
import { type PrunedTable, pruneOld } from "../../../src/domain/retention/prune-old.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
/** With the rights the roles have, and no more. */
const as = (role: string) => connect(`${database.url}?role=reviewd_${role}`, "reviewd test", 8);
const [syncer, dispatcher] = [as("syncer"), as("dispatcher")];
const pullRequest = await seedPullRequest(db, await seedOwner(db));
const day = 86_400_000;

afterEach(async () => {
  await db.delete(tasks);
  await db.delete(contents);
});
afterAll(async () => {
  await syncer.close();
  await dispatcher.close();
  await database.close();
});

async function prune() {
  const { signal } = new AbortController();
  const counts = { task_records: 0, contents: 0, tasks: 0, webhook_deliveries: 0, sync_runs: 0, commands: 0 };
  const onPruned = (table: PrunedTable, rows: number) => {
    counts[table] += rows;
  };
  const days = { deliveryRetentionDays: 30, taskRetentionDays: 180, recordRetentionDays: 30 };
  await pruneOld(syncer, { ...days, onPruned, signal });
  return counts;
}

function aRecord(text: string, values: Partial<TaskRecord> = {}): TaskRecord {
  const digest = new Bun.CryptoHasher("sha256").update(text).digest();
  return { kind: "input", ordinal: 0, digest, compressed: Bun.zstdCompressSync(text), bytes: 1, ...values };
}

const ended = { status: "completed", reason: "reviewed" } as const;

async function seedTask(of: SeededPullRequest, values: Partial<typeof tasks.$inferInsert> = {}) {
  const id = Bun.randomUUIDv7();
  await db.insert(tasks).values({
    ...{ id, ...of, trigger: "manual", outputMode: "forge", headSha: id, baseRef: "main", maxAttempts: 3 },
    ...{ ...ended, finishedAt: new Date(), ...values },
  });
  return id;
}

const record = (taskId: string, ...records: readonly TaskRecord[]) =>
  dispatcher.db.transaction((tx) => replaceTaskRecords(tx, taskId, records));

const counts = async () => [await db.$count(taskRecords), await db.$count(contents)];

test("what was recorded goes before its task, and a content with the last record of it", async () => {
  const finishedAt = new Date(Date.now() + 10 * day);
  const [first, second] = [await seedTask(pullRequest), await seedTask(pullRequest, { finishedAt })];
  await record(first, aRecord("shared"), aRecord("first", { kind: "prompt" }));
  await record(second, aRecord("shared"), aRecord("second", { kind: "prompt" }));
  expect(await counts()).toEqual([4, 3]);
  await using _early = await advanceClock(db, 29 * day);
  expect(await prune()).toMatchObject({ task_records: 0, contents: 0 });
  await using _later = await advanceClock(db, 2 * day);
  expect(await prune()).toMatchObject({ task_records: 2, contents: 1, tasks: 0 });
  await using _last = await advanceClock(db, 10 * day);
  expect(await prune()).toMatchObject({ task_records: 2, contents: 2, tasks: 0 });
  expect(await counts()).toEqual([0, 0]);
});

test("what a task records that is not over stays, however old", async () => {
  const running = { status: "running", reason: null, finishedAt: null } as const;
  const id = await seedTask(pullRequest, { ...running, rank: 0, workerId: Bun.randomUUIDv7() });
  await record(id, aRecord("running"));
  await using _clock = await advanceClock(db, 4_000 * day);
  expect(await prune()).toMatchObject({ task_records: 0, contents: 0 });
});

test("what goes with its task leaves no content behind", async () => {
  const id = await seedTask(pullRequest);
  await record(id, aRecord("gone"));
  await db.delete(tasks).where(eq(tasks.id, id));
  await using _clock = await advanceClock(db, 31 * day);
  expect(await prune()).toMatchObject({ contents: 1 });
});

test("more than a batch goes in one pass", async () => {
  const ids = await Promise.all(Array.from({ length: 410 }, () => seedTask(pullRequest)));
  for (const [i, id] of ids.entries()) await record(id, aRecord(`content ${i}`));
  await using _clock = await advanceClock(db, 31 * day);
  expect(await prune()).toMatchObject({ task_records: 410, contents: 410 });
});

test("a later attempt's record takes the place of an earlier one's", async () => {
  const id = await seedTask(pullRequest);
  await record(id, aRecord("prompt 1", { kind: "prompt" }), aRecord("2", { kind: "prompt", ordinal: 1 }));
  await record(id, aRecord("prompt 3", { kind: "prompt" }));
  expect(await db.$count(taskRecords)).toBe(1);
});

/** A content that nobody refers to and that is due. */
async function seedUnused(text: string): Promise<TaskRecord> {
  const content = aRecord(text);
  await db.transaction((tx) => keepContents(tx, [content]));
  await db.update(contents).set({ keptAt: sql`reviewd_now() - interval '40 days'` });
  return content;
}

test("a content that is about to be referred to again is not deleted", async () => {
  const content = await seedUnused("again");
  const taskId = await seedTask(pullRequest);
  await dispatcher.db.transaction(async (tx) => {
    await replaceTaskRecords(tx, taskId, [content]);
    expect(await prune()).toMatchObject({ contents: 0 });
  });
  expect(await counts()).toEqual([1, 1]);
});

test("a content that is just being deleted is kept anew", async () => {
  const content = await seedUnused("anew");
  const taskId = await seedTask(pullRequest);
  let recorded: Promise<void> = Promise.resolve();
  await db.transaction(async (tx) => {
    await tx.delete(contents);
    recorded = record(taskId, content);
    await waitsForALock(db);
  });
  await recorded;
  expect(await counts()).toEqual([1, 1]);
});

test("records and deletions of the same few contents never meet", async () => {
  const texts = ["a", "b", "c", "d"];
  const ids = await Promise.all(texts.map(() => seedTask(pullRequest)));
  for (let round = 0; round < 40; round++) {
    for (const text of texts) await seedUnused(text);
    const recording = ids.map((id, i) => {
      const turned = [...texts.slice(i), ...texts.slice(0, i)];
      return record(id, ...turned.map((text, ordinal) => aRecord(text, { ordinal })));
    });
    await Promise.all([...recording, prune(), prune()]);
    expect(await db.$count(taskRecords)).toBe(16);
    for (const id of ids) await record(id);
  }
});

async function waitsForALock(on: Db): Promise<void> {
  for (;;) {
    const [row] = await on.execute<{ waiting: boolean }>(
      sql`select exists (select from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = current_database()) as waiting`,
    );
    if (row?.waiting) return;
  }
}
