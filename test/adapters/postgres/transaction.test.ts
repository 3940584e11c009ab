import { afterAll, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import type { Tx } from "../../../src/adapters/postgres/connect.ts";
import { owners } from "../../../src/adapters/postgres/schema.ts";
import { inTransaction } from "../../../src/adapters/postgres/transaction.ts";
import { createTestDatabase } from "../../support/database.ts";
import { seedOwner } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

async function increment(tx: Tx, ownerId: string): Promise<void> {
  await tx
    .update(owners)
    .set({ weight: sql`${owners.weight} + 1` })
    .where(eq(owners.id, ownerId));
}

async function weightOf(ownerId: string): Promise<number | undefined> {
  const [row] = await db.select().from(owners).where(eq(owners.id, ownerId));
  return row?.weight;
}

/** Two transactions that reach this point together the first time they come by; a further try passes at once. */
function createMeeting() {
  let here = 0;
  const complete = Promise.withResolvers<void>();
  return async () => {
    if (++here === 2) complete.resolve();
    await complete.promise;
  };
}

test("two transactions that wait for each other both succeed: the one the server gave up is run again", async () => {
  const [a, b] = [await seedOwner(db), await seedOwner(db)];
  const meet = createMeeting();
  let tries = 0;
  const both = (first: string, second: string) =>
    inTransaction(db, async (tx) => {
      tries++;
      await increment(tx, first);
      await meet();
      await increment(tx, second);
      return first;
    });
  expect(await Promise.all([both(a, b), both(b, a)])).toEqual([a, b]);
  expect(tries).toBe(3);
  expect([await weightOf(a), await weightOf(b)]).toEqual([3, 3]);
});

test.each(["repeatable read", "serializable"])(
  "what a %s transaction could not write is written by its next try",
  async (isolation) => {
    const owner = await seedOwner(db);
    const meet = createMeeting();
    let tries = 0;
    const add = () =>
      inTransaction(db, async (tx) => {
        tries++;
        await tx.execute(sql.raw(`set transaction isolation level ${isolation}`));
        await tx.select().from(owners).where(eq(owners.id, owner));
        await meet();
        await increment(tx, owner);
      });
    await Promise.all([add(), add()]);
    expect(tries).toBe(3);
    expect(await weightOf(owner)).toBe(3);
  },
);

test("a write skew that only shows at the commit is run again, too", async () => {
  const [a, b] = [await seedOwner(db), await seedOwner(db)];
  const [read, written] = [createMeeting(), createMeeting()];
  let tries = 0;
  const addOther = (mine: string, other: string) =>
    inTransaction(db, async (tx) => {
      tries++;
      await tx.execute(sql`set transaction isolation level serializable`);
      const [row] = await tx.select().from(owners).where(eq(owners.id, other));
      await read();
      await tx
        .update(owners)
        .set({ weight: sql`${owners.weight} + ${row?.weight ?? 0}` })
        .where(eq(owners.id, mine));
      await written();
    });
  await Promise.all([addOther(a, b), addOther(b, a)]);
  expect(tries).toBe(3);
  // As if one had come after the other: 1 + 1, then 1 + 2.
  expect([await weightOf(a), await weightOf(b)].toSorted()).toEqual([2, 3]);
});

test("anything else is thrown at once, and what was written is gone", async () => {
  const owner = await seedOwner(db);
  let tries = 0;
  const failing = inTransaction(db, async (tx) => {
    tries++;
    await increment(tx, owner);
    throw new Error("not the database's fault");
  });
  await expect(failing).rejects.toThrow("not the database's fault");
  expect(tries).toBe(1);
  expect(await weightOf(owner)).toBe(1);
});

test("what loses every time is thrown in the end", async () => {
  let tries = 0;
  const losing = inTransaction(db, async (tx) => {
    tries++;
    await tx.execute(
      sql`do $$ begin raise exception 'lost again' using errcode = 'serialization_failure'; end $$`,
    );
  });
  await expect(losing).rejects.toMatchObject({ cause: { code: "40001" } });
  expect(tries).toBe(5);
});
