import { afterAll, beforeAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import {
  createRoleLock,
  type RoleLock,
  type SoleRole,
} from "../../../src/adapters/postgres/advisory-lock.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function createLock(role: SoleRole): RoleLock & AsyncDisposable {
  const lock = createRoleLock({ url: database.url, role, log: createLog("silent", {}) });
  return { ...lock, [Symbol.asyncDispose]: () => lock.release() };
}

async function cutConnection(role: SoleRole): Promise<void> {
  await database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = ${`reviewd ${role} lock`} and state like 'idle in%'`);
}

test("one holds it, again and again; the other has it as soon as it is released", async () => {
  await using first = createLock("poller");
  await using second = createLock("poller");
  const held = await first.hold();
  expect(held?.aborted).toBe(false);
  expect(await second.hold()).toBeNull();
  expect(await first.hold()).toBe(held);
  expect(await second.hold()).toBeNull();
  await first.release();
  expect(held?.aborted).toBe(true);
  await eventually(async () => expect((await second.hold())?.aborted).toBe(false));
});

test("two roles do not know each other's", async () => {
  await using poller = createLock("poller");
  await using syncer = createLock("syncer");
  expect(await poller.hold()).not.toBeNull();
  expect(await syncer.hold()).not.toBeNull();
});

test("whoever loses the connection loses the role, is told so, and may get it again", async () => {
  await using first = createLock("poller");
  await using second = createLock("poller");
  const held = await first.hold();
  await cutConnection("poller");
  await eventually(() => expect(held?.aborted).toBe(true));
  await eventually(async () => expect(await second.hold()).not.toBeNull());
  expect(first.hold()).rejects.toThrow("lost its lock");
  expect(await first.hold()).toBeNull();
  await second.release();
  await eventually(async () => expect((await first.hold())?.aborted).toBe(false));
});

test("it holds back no vacuum and takes no transaction id", async () => {
  await using lock = createLock("poller");
  // Taking it and making sure of it are different statements.
  for (let times = 0; times < 2; times++) {
    await lock.hold();
    const rows = await database.db.execute(sql`
      select backend_xid, backend_xmin from pg_stat_activity
      where application_name = 'reviewd poller lock' and datname = current_database() and state = 'idle in transaction'`);
    expect([...rows]).toEqual([{ backend_xid: null, backend_xmin: null }]);
  }
});

test("without a database it says so, and holds nothing", async () => {
  const url = new URL(database.url);
  url.port = "1";
  const lock = createRoleLock({ url: url.href, role: "poller", log: createLog("silent", {}) });
  expect(lock.hold()).rejects.toThrow();
  await lock.release();
});
