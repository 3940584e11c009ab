import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { advanceClock } from "../../support/advance-clock.ts";
import { type SyncWorld, startSyncWorld } from "./sync-world.ts";

const redeliver = "POST /app/hook/deliveries/{delivery_id}/attempts";
const cart = { author: "eve", title: "Add cart", branch: "cart", files: { "cart.ts": "export {};\n" } };
const minuteMs = 60_000;

async function openPull({ hub }: SyncWorld, name = "shop") {
  const repository = await hub.createRepository({ owner: "acme", name });
  return await repository.openPullRequest(cart);
}

test("a lost webhook is sent again, once, and its work is done", async () => {
  await using world = await startSyncWorld();
  const pull = await openPull(world);
  world.listen(true);
  expect(await world.recover()).toMatchObject({ listed: 1, failed: 1, lost: 0, unfinished: 0, waiting: 0 });
  expect(await world.tasks()).toMatchObject([
    { trigger: "webhook", status: "pending", headSha: pull.headSha },
  ]);
  expect(await world.recover()).toMatchObject({ listed: 2, failed: 0, lost: 0, waiting: 0 });
  expect(world.hub.ledger.count(redeliver)).toBe(1);
  expect(await world.runs()).toMatchObject([
    { kind: "deliveries", counts: { failed: 1 }, error: null, finishedAt: expect.any(Date) },
    { kind: "deliveries", counts: { failed: 0 }, error: null },
  ]);
});

test("a delivery that was answered 202 and is not known is sent again", async () => {
  await using world = await startSyncWorld();
  world.listen(true);
  await openPull(world);
  await world.hub.webhooks.settled();
  await world.ctx.db.execute(sql`truncate tasks, pull_requests, webhook_deliveries, owners cascade`);
  expect(await world.recover()).toMatchObject({ failed: 0, lost: 1 });
  expect(await world.tasks()).toHaveLength(1);
  expect(await world.deliveries()).toMatchObject([{ outcome: "queued" }]);
  expect(await world.recover()).toMatchObject({ lost: 0 });
});

test("a delivery whose work failed is sent again, and what was dealt with is not", async () => {
  await using world = await startSyncWorld();
  world.listen(true);
  await openPull(world);
  await openPull(world, "warehouse");
  await world.hub.webhooks.settled();
  const [first] = await world.deliveries();
  await world.ctx.db.execute(sql`
    update webhook_deliveries set outcome = 'failed', reason = 'internal_error' where delivery_id = ${first?.deliveryId}`);
  expect(await world.recover()).toMatchObject({ failed: 0, lost: 0, unfinished: 1 });
  expect(world.hub.ledger.count(redeliver)).toBe(1);
  expect((await world.deliveries()).map(({ outcome }) => outcome)).not.toContain("failed");
  expect(await world.tasks()).toHaveLength(2);
});

test("while serve is away a delivery is tried again with growing pauses, and comes through in the end", async () => {
  await using world = await startSyncWorld();
  await openPull(world);
  expect(await world.recover()).toMatchObject({ failed: 1 });
  expect(await world.recover()).toMatchObject({ failed: 0, waiting: 1 });
  await using _ = await advanceClock(world.ctx.db, 6 * minuteMs);
  expect(await world.recover()).toMatchObject({ failed: 1 });
  await advanceClock(world.ctx.db, 6 * minuteMs);
  expect(await world.recover()).toMatchObject({ failed: 0, waiting: 1 });
  world.listen(true);
  await advanceClock(world.ctx.db, 20 * minuteMs);
  expect(await world.recover()).toMatchObject({ failed: 1 });
  expect(await world.tasks()).toHaveLength(1);
  expect(await world.recover()).toMatchObject({ failed: 0, waiting: 0 });
});

test("a process that starts anew looks back to where everything was settled, however long it was away", async () => {
  await using world = await startSyncWorld();
  world.listen(true);
  expect(await world.recover()).toMatchObject({ listed: 0 });
  world.listen(false);
  await openPull(world);
  await world.hub.webhooks.settled();
  await advanceClock(world.ctx.db, 20 * 60 * minuteMs);
  world.listen(true);
  world.restart();
  expect(await world.recover()).toMatchObject({ listed: 1, failed: 1 });
  expect(await world.tasks()).toHaveLength(1);
});

test("more than one run may ask for is asked for step by step, oldest first", async () => {
  await using world = await startSyncWorld();
  const { hub } = world;
  const repository = await hub.createRepository({ owner: "acme", name: "shop" });
  const pull = await repository.openPullRequest(cart);
  for (let i = 0; i < 105; i++) await pull.retitle(`Add cart ${i}`);
  world.listen(true);
  expect(await world.recover()).toMatchObject({ listed: 106, failed: 100, waiting: 6 });
  expect(await world.tasks()).toHaveLength(1);
  expect(await world.recover()).toMatchObject({ failed: 6, waiting: 0 });
});

test("a run that fails leaves the checkpoint where it was, and the next one makes up for it", async () => {
  await using world = await startSyncWorld();
  await openPull(world);
  world.listen(true);
  world.hub.fail("GET /app/hook/deliveries", { status: 502, times: 1_000 });
  expect(world.recover()).rejects.toThrow();
  await world.hub.webhooks.settled();
  world.hub.clearFaults();
  expect(await world.recover()).toMatchObject({ failed: 1 });
  const [failed, done] = await world.runs();
  expect(failed).toMatchObject({ checkpoint: null, error: expect.any(String), finishedAt: expect.any(Date) });
  expect(done).toMatchObject({ checkpoint: expect.any(Date), error: null });
});

test("a delivery the forge will not send again does not stop the others", async () => {
  await using world = await startSyncWorld();
  await openPull(world);
  await openPull(world, "warehouse");
  world.listen(true);
  world.hub.fail(redeliver, { status: 404, times: 1 });
  expect(await world.recover()).toMatchObject({ failed: 1, refused: 1 });
  expect(await world.tasks()).toHaveLength(1);
});
