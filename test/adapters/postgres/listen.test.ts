import { afterAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { listen } from "../../../src/adapters/postgres/listen.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createDatabaseDoor } from "../../support/database-door.ts";
import { eventually } from "../../support/eventually.ts";

const database = await createTestDatabase();
const log = createLog("silent", {});

afterAll(() => database.close());

test("wakes when it begins to listen, at each notification, and after its connection was cut", async () => {
  let count = 0;
  const listener = listen({ url: database.url, channel: "test_ready", onNotify: () => count++, log });
  await eventually(() => expect(count).toBe(1));
  await database.db.execute(sql`select pg_notify('test_ready', '')`);
  await eventually(() => expect(count).toBe(2));
  await database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'reviewd listen'`);
  await eventually(() => expect(count).toBe(3));
  await database.db.execute(sql`select pg_notify('test_ready', '')`);
  await eventually(() => expect(count).toBe(4));
  await listener.close();
});

test("goes on trying when the first connection fails", async () => {
  await using door = await createDatabaseDoor(database.url, { isOpen: false });
  const failed = Promise.withResolvers<void>();
  const failing = createLog("warn", {}, { write: () => failed.resolve() });
  let count = 0;
  const listener = listen({ url: door.url, channel: "test_ready", onNotify: () => count++, log: failing });
  await failed.promise;
  await door.open();
  await eventually(() => expect(count).toBe(1));
  await listener.close();
});
