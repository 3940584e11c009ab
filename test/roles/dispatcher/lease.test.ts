import { afterAll, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { createLog } from "../../../src/log.ts";
import { keepLease } from "../../../src/roles/dispatcher/lease.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
const { db } = database;
const leaseMs = 15_000;

afterAll(() => database.close());

const newKeeper = () => keepLease({ db, log: createLog("silent", {}), leaseMs });
const countWorkers = async () => (await db.execute(sql`select from workers`)).length;

test("a lease that is renewed in time is kept, however long", async () => {
  const leases = newKeeper();
  const lease = await leases.get();
  await using clock = new AsyncDisposableStack();
  for (let renewals = 0; renewals < 3; renewals++) {
    clock.use(await advanceClock(db, leaseMs - 1_000));
    await leases.renew();
  }
  expect(await leases.get()).toBe(lease);
  expect(lease.lost.aborted).toBe(false);
  await leases.end();
});

test("a lease that lapsed aborts its runs, and the next one has a fresh id", async () => {
  const leases = newKeeper();
  const lapsed = await leases.get();
  await using _clock = await advanceClock(db, leaseMs + 1_000);
  await leases.renew();
  expect(lapsed.lost.aborted).toBe(true);
  expect(lapsed.lost.reason).toBe("lost");
  expect(leases.current()).toBeNull();
  expect((await leases.get()).workerId).not.toBe(lapsed.workerId);
  await leases.end();
});

test("a process that ends leaves no lease behind", async () => {
  await db.execute(sql`delete from workers`);
  const leases = newKeeper();
  await leases.get();
  expect(await countWorkers()).toBe(1);
  await leases.end();
  expect(await countWorkers()).toBe(0);
});
