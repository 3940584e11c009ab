import { expect, test } from "bun:test";
import { webhookDeliveries } from "../../../src/adapters/postgres/schema.ts";
import { type SyncWorld, startSyncWorld } from "../../domain/delivery/sync-world.ts";
import { eventually } from "../../support/eventually.ts";
import { startReviewd } from "../../support/run-reviewd.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: { "cart.ts": "export {};\n" } };

function startSyncer({ hub, databaseUrl }: SyncWorld) {
  return startReviewd(["syncer"], {
    env: {
      DATABASE_URL: databaseUrl,
      METRICS_PORT: "0",
      LOG_LEVEL: "debug",
      GITHUB_API_URL: hub.apiUrl,
      GITHUB_APP_ID: String(hub.app.id),
      GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
      SYNCER_INTERVAL_SECS: "1",
    },
  });
}

test("finds what was missed, counts it on /metrics, and stops cleanly on SIGTERM", async () => {
  await using world = await startSyncWorld();
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  const pull = await repository.openPullRequest(cart);
  await world.hub.webhooks.settled();
  world.listen(true);
  await using syncer = startSyncer(world);
  const { port } = await syncer.log("health and metrics are served");
  await eventually(async () => {
    expect(await world.tasks()).toMatchObject([{ headSha: pull.headSha, status: "pending" }]);
    expect(await world.deliveries()).toHaveLength(1);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('reviewd_sync_redeliveries_total{reason="failed"} 1');
    expect(metrics).toContain("reviewd_sync_pull_requests_total");
  });
  expect(await syncer.stop("SIGTERM")).toBe(0);
  expect((await world.runs()).filter(({ finishedAt }) => finishedAt === null)).toEqual([]);
});

test("deletes what is older than it is kept, says so and counts it", async () => {
  await using world = await startSyncWorld();
  const old = {
    forge: "github",
    host: "github.test",
    event: "ping",
    outcome: "recorded",
    reason: "ping",
  } as const;
  await world.ctx.db.insert(webhookDeliveries).values([
    { ...old, deliveryId: "old", receivedAt: new Date(Date.now() - 31 * 86_400_000) },
    { ...old, deliveryId: "young", receivedAt: new Date(Date.now() - 29 * 86_400_000) },
  ]);
  await using syncer = startSyncer(world);
  const { port } = await syncer.log("health and metrics are served");
  expect(await syncer.log("old rows deleted")).toMatchObject({
    webhook_deliveries: 1,
    sync_runs: 0,
    tasks: 0,
  });
  expect((await world.deliveries()).map(({ deliveryId }) => deliveryId)).toEqual(["young"]);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toContain('reviewd_retention_deleted_rows_total{table="webhook_deliveries"} 1');
});

test("a second one stands by, and takes over when the first is killed", async () => {
  await using world = await startSyncWorld();
  await using first = startSyncer(world);
  await first.log("active");
  await using second = startSyncer(world);
  await second.log("standing by, another process is active");
  await first.stop("SIGKILL");
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  await repository.openPullRequest(cart);
  await second.log("active");
  await eventually(async () => expect(await world.tasks()).toHaveLength(1));
});

test("a pass that fails is told and tried again", async () => {
  await using world = await startSyncWorld();
  world.hub.fail("GET /app/installations", { status: 502, times: 3 });
  const repository = await world.hub.createRepository({ owner: "acme", name: "shop" });
  await repository.openPullRequest(cart);
  await using syncer = startSyncer(world);
  await syncer.log("pass failed, will try again");
  await eventually(async () => expect(await world.tasks()).toHaveLength(1));
});
