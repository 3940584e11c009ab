import { afterAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { findBlindReader, listOpenTransactions } from "../../../src/adapters/postgres/open-transactions.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

/** Opens a transaction under this name, does something in it, and leaves it open until it is disposed. */
async function openTransaction(
  name: string,
  isolationLevel: "read committed" | "repeatable read",
  statement: string,
) {
  const session = connect(database.url, name, 1);
  const opened = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const ended = session.db.transaction(
    async (tx) => {
      await tx.execute(sql.raw(statement));
      opened.resolve();
      await end.promise;
    },
    { isolationLevel },
  );
  await opened.promise;
  return {
    [Symbol.asyncDispose]: async () => {
      end.resolve();
      await ended;
      await session.close();
    },
  };
}

/** As a login would be that is only in this role. */
function connectAs(role: string) {
  const url = new URL(database.url);
  url.searchParams.set("role", role);
  return connect(url.href, "looking", 1);
}

async function find(name: string, from = db) {
  return (await listOpenTransactions(from)).find((one) => one.name === name) ?? null;
}

test.each([
  ["a snapshot that is kept", "repeatable read", "select from owners"],
  ["something written", "read committed", "create temporary table written ()"],
] as const)("a transaction with %s keeps vacuum away", async (_, isolationLevel, statement) => {
  await using _open = await openTransaction("keeper", isolationLevel, statement);
  const found = await find("keeper");
  expect(found).toMatchObject({ kind: "session", name: "keeper" });
  expect(found?.seconds).toBeGreaterThan(0);
  expect(found?.pid).toBeGreaterThan(0);
});

test("one that has only read and holds no snapshot does not, as the one that makes a role's process the active one", async () => {
  await using _open = await openTransaction("reader", "read committed", "select from owners");
  expect(await find("reader")).toBeNull();
});

test("the older snapshot comes first", async () => {
  await using _older = await openTransaction("older", "repeatable read", "select from owners");
  await db.execute(sql`create table written ()`);
  await using _newer = await openTransaction("newer", "repeatable read", "select from owners");
  const names = (await listOpenTransactions(db)).map(({ name }) => name);
  expect(names.filter((name) => name === "older" || name === "newer")).toEqual(["older", "newer"]);
});

test("the syncer sees how old everybody's are; who may not still sees that there are some", async () => {
  await using _open = await openTransaction("keeper", "repeatable read", "select from owners");
  const [syncer, poller] = [connectAs("reviewd_syncer"), connectAs("reviewd_poller")];
  expect((await find("keeper", syncer.db))?.seconds).toBeGreaterThan(0);
  expect(await find("keeper", poller.db)).toMatchObject({ seconds: null });
  await syncer.close();
  await poller.close();
});

test("the syncer's role is named where it was not allowed to see them", async () => {
  expect(await findBlindReader(db)).toBeNull();
  const undone = db.transaction(async (tx) => {
    await tx.execute(sql`revoke pg_read_all_stats from reviewd_syncer`);
    expect(await findBlindReader(tx)).toBe("reviewd_syncer");
    throw new Error("rolled back");
  });
  await expect(undone).rejects.toThrow("rolled back");
});
