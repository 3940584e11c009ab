import { afterAll, expect, test } from "bun:test";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { listLiveWorkers, readQueue } from "../../../src/adapters/postgres/queue-views.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
afterAll(() => database.close());

test.each(["reviewd_serve", "reviewd_syncer"])("%s may read the queue with its own rights", async (role) => {
  const url = new URL(database.url);
  url.searchParams.set("role", role);
  const { db, close } = connect(url.href, "queue reader", 1);
  expect(await readQueue(db, { limit: 1 })).toMatchObject({ running: 0, owners: [] });
  expect(await listLiveWorkers(db)).toEqual([]);
  expect(await findBrokenSeats(db)).toEqual([]);
  await close();
});
