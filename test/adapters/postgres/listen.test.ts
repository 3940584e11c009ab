import { afterAll, expect, test } from "bun:test";
import { connect, createServer } from "node:net";
import { sql } from "drizzle-orm";
import { listen } from "../../../src/adapters/postgres/listen.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
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
  const door = await closedDoor(new URL(database.url));
  const failed = Promise.withResolvers<void>();
  const failing = createLog("warn", {}, { write: () => failed.resolve() });
  let count = 0;
  const listener = listen({ url: door.url, channel: "test_ready", onNotify: () => count++, log: failing });
  await failed.promise;
  await door.open();
  await eventually(() => expect(count).toBe(1));
  await listener.close();
  await door.close();
}, 30_000);

/** A way to the database on a port where nobody answers until it is opened. */
async function closedDoor(to: URL) {
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  const openOn = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const closed = () => new Promise<void>((resolve) => server.close(() => resolve()));
  await openOn(0);
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await closed();
  const url = new URL(to);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, open: () => openOn(port), close: closed };
}
