import { describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { owners, repositories } from "../../../src/adapters/postgres/schema.ts";
import { changeOwnerSettings } from "../../../src/domain/owner/change-owner-settings.ts";
import { secondaryLimit } from "../../fakehub/faults.ts";
import { type SyncWorld, startSyncWorld } from "./sync-world.ts";

const listPulls = "GET /repos/{owner}/{repo}/pulls";
const getPull = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
const cart = { author: "eve", title: "Add cart", branch: "cart", files: { "cart.ts": "export {};\n" } };

async function createRepository({ hub }: SyncWorld, name = "shop", owner = "acme") {
  return await hub.createRepository({ owner, name });
}

async function openPull(world: SyncWorld, request: Partial<typeof cart> & { draft?: boolean } = {}) {
  return await (await createRepository(world)).openPullRequest({ ...cart, ...request });
}

/** Events arrive for this, and are lost before and after it. */
async function told(world: SyncWorld, happens: () => Promise<unknown>): Promise<void> {
  await world.hub.webhooks.settled();
  world.listen(true);
  await happens();
  await world.hub.webhooks.settled();
  world.listen(false);
}

const statuses = async (world: SyncWorld) =>
  (await world.tasks()).map(({ trigger, status, reason }) => `${trigger} ${status} ${reason ?? ""}`.trim());

describe("a head nobody told of", () => {
  test("is queued, with its installation, its repository and the pull request's facts", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    expect(await world.sweep()).toMatchObject({
      ...{ installations: 1, repositories: 1, swept: 1, pullRequests: 1 },
      ...{ queued: 1, skipped: 0, closed: 0, raced: 0, failedInstallations: 0, failedRepositories: 0 },
    });
    expect(await world.tasks()).toMatchObject([
      { trigger: "sweep", status: "pending", placement: "ready", headSha: pull.headSha, baseRef: "main" },
    ]);
    expect(await world.installations()).toMatchObject([
      { status: "active", externalId: world.hub.installation("acme").id },
    ]);
    expect(await world.repositories()).toMatchObject([
      { fullName: "acme/shop", private: false, sweptAt: expect.any(Date) },
    ]);
    expect(await world.pulls()).toMatchObject([
      { number: 1, title: "Add cart", authorLogin: "eve", headSha: pull.headSha },
    ]);
    expect(await world.runs()).toMatchObject([{ kind: "pull_requests", counts: { queued: 1 }, error: null }]);
  });

  test("is queued once: the next sweep finds it dealt with and asks for no pull request", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await world.sweep();
    expect(await world.sweep()).toMatchObject({
      installations: 0,
      repositories: 0,
      queued: 0,
      raced: 0,
      pullRequests: 1,
    });
    expect(await world.tasks()).toHaveLength(1);
    expect(world.hub.ledger.count(getPull)).toBe(0);
  });

  test("supersedes the one we know, whose push was lost", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await pull.push({ files: { "cart.ts": "export const a = 1;\n" } });
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await statuses(world)).toEqual(["sweep superseded new_head", "sweep pending"]);
    expect(await world.pulls()).toMatchObject([{ headSha: pull.headSha }]);
  });

  test("of a pull request on another base is queued anew", async () => {
    await using world = await startSyncWorld();
    const repository = await createRepository(world);
    await repository.push({ branch: "release", files: { "release.txt": "1\n" } });
    const pull = await repository.openPullRequest(cart);
    await world.sweep();
    await pull.retarget("release");
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    const bases = (await world.tasks()).map(({ status, baseRef }) => `${baseRef} ${status}`);
    expect(bases).toEqual(["main superseded", "release pending"]);
  });

  test("that was pushed back to is reviewed, though its first review was superseded", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    const first = pull.headSha;
    await world.sweep();
    await told(world, () => pull.push({ files: { "cart.ts": "export const a = 1;\n" } }));
    await pull.forcePush({ to: first });
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await statuses(world)).toEqual([
      "sweep superseded new_head",
      "webhook superseded new_head",
      "sweep pending",
    ]);
    expect((await world.tasks()).at(-1)).toMatchObject({ headSha: first });
  });

  test("of a reopened pull request is reviewed after all", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await told(world, () => pull.close());
    expect(await statuses(world)).toEqual(["sweep cancelled closed"]);
    await pull.reopen();
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await statuses(world)).toEqual(["sweep cancelled closed", "sweep pending"]);
    expect(await world.pulls()).toMatchObject([{ state: "open" }]);
  });

  test("that was reviewed, failed or called off is left alone", async () => {
    await using world = await startSyncWorld();
    const repository = await createRepository(world);
    for (const branch of ["completed", "failed", "cancelled"])
      await repository.openPullRequest({ ...cart, branch });
    await world.sweep();
    const [completed, failed, cancelled] = await world.tasks();
    await world.complete(completed?.id ?? "");
    await world.complete(failed?.id ?? "");
    await world.complete(cancelled?.id ?? "");
    await world.ctx.db.execute(
      sql`update tasks set status = 'failed', reason = 'internal_error' where id = ${failed?.id}`,
    );
    await world.ctx.db.execute(
      sql`update tasks set status = 'cancelled', reason = 'requested' where id = ${cancelled?.id}`,
    );
    expect(await world.sweep()).toMatchObject({ pullRequests: 3, queued: 0, raced: 0 });
    expect(await world.tasks()).toHaveLength(3);
  });
});

describe("gates", () => {
  test("a draft is skipped once, and queued when it was made ready unheard", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world, { draft: true });
    expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 1 });
    expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0 });
    await pull.markReady();
    expect(await world.sweep()).toMatchObject({ queued: 1, skipped: 0 });
    expect(await statuses(world)).toEqual(["sweep skipped draft", "sweep pending"]);
  });

  test("a pull request made a draft unheard is stopped", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await pull.convertToDraft();
    expect(await world.sweep()).toMatchObject({ skipped: 1 });
    expect(await statuses(world)).toEqual(["sweep cancelled draft", "sweep skipped draft"]);
  });

  test("heads in a repository that is off are skipped, and queued when it is on again", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await told(world, async () => world.hub.installation("acme").announce());
    await world.ctx.db.update(repositories).set({ reviewMode: "off" });
    expect(await world.sweep()).toMatchObject({ skipped: 1 });
    await world.ctx.db.update(repositories).set({ reviewMode: "on" });
    expect(await world.sweep()).toMatchObject({ queued: 1 });
  });

  test("heads of an owner whose plan is blocked are skipped", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await told(world, async () => world.hub.installation("acme").announce());
    await world.ctx.db.update(owners).set({ plan: "blocked" });
    expect(await world.sweep()).toMatchObject({ skipped: 1 });
    expect(await statuses(world)).toEqual(["sweep skipped plan_blocked"]);
  });

  test("heads of an owner whose plan is active again are reviewed, also those whose review was stopped", async () => {
    await using world = await startSyncWorld();
    const repository = await createRepository(world);
    await repository.openPullRequest(cart);
    await world.sweep();
    const [owner] = await world.ctx.db.select().from(owners);
    await changeOwnerSettings(world.ctx, owner?.id ?? "", { plan: "blocked" });
    await repository.openPullRequest({ ...cart, branch: "basket" });
    expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 2 });
    expect(await world.sweep()).toMatchObject({ queued: 0, skipped: 0 });
    await changeOwnerSettings(world.ctx, owner?.id ?? "", { plan: "active" });
    expect(await world.sweep()).toMatchObject({ queued: 2, skipped: 0 });
  });
});

describe("what we take for open and is not", () => {
  test("a pull request closed unheard is closed here and its work stopped", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await pull.close({ merged: true });
    expect(await world.sweep()).toMatchObject({ closed: 1 });
    expect(await world.pulls()).toMatchObject([
      { state: "closed", merged: true, closedAt: expect.any(Date) },
    ]);
    expect(await statuses(world)).toEqual(["sweep cancelled closed"]);
    expect(await world.sweep()).toMatchObject({ closed: 0 });
  });

  test("a pull request that cannot be seen any more counts as closed", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await pull.close();
    world.hub.fail(getPull, { status: 404 });
    expect(await world.sweep()).toMatchObject({ closed: 1 });
    // Since it was seen, not since its last event: what is kept for a while is counted from then.
    const [row] = await world.pulls();
    expect(row?.closedAt?.getTime()).toBeGreaterThan(row?.forgeUpdatedAt.getTime() ?? 0);
    await pull.reopen();
    expect(await world.sweep()).toMatchObject({ queued: 1 });
  });
});

describe("at the same moment", () => {
  test("a webhook and the sweep make one task", async () => {
    await using world = await startSyncWorld();
    world.hub.webhooks.hold();
    await openPull(world);
    world.listen(true);
    const [, counts] = await Promise.all([world.hub.webhooks.release(), world.sweep()]);
    expect(counts.queued + counts.raced).toBeLessThanOrEqual(1);
    expect(await world.tasks()).toHaveLength(1);
  });

  test("a webhook that comes while the forge is asked is not undone by what the forge said before", async () => {
    await using world = await startSyncWorld();
    const pull = await openPull(world);
    await world.sweep();
    await pull.push({ files: { "cart.ts": "export const b = 2;\n" } });
    const hold = world.hub.hold(getPull, { afterCommit: true });
    const sweeping = world.sweep();
    await hold.reached;
    world.hub.clock.advance(5_000);
    await told(world, () => pull.push({ files: { "cart.ts": "export const c = 3;\n" } }));
    hold.release();
    expect(await sweeping).toMatchObject({ queued: 0, raced: 1 });
    expect(await world.pulls()).toMatchObject([{ headSha: pull.headSha }]);
    expect((await world.tasks()).filter(({ status }) => status === "pending")).toMatchObject([
      { headSha: pull.headSha },
    ]);
    expect(await world.sweep()).toMatchObject({ queued: 0, raced: 0 });
  });

  test("two sweeps make one task", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await Promise.all([world.sweep(), world.sweep()]);
    expect(await world.tasks()).toHaveLength(1);
  });
});

describe("installations and repositories", () => {
  test("one suspended unheard is suspended here and its work stopped, and taken up again later", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await world.sweep();
    world.hub.installation("acme").suspend();
    expect(await world.sweep()).toMatchObject({ installations: 1, swept: 0, failedInstallations: 0 });
    expect(await world.installations()).toMatchObject([{ status: "suspended" }]);
    expect(await statuses(world)).toEqual(["sweep cancelled suspended"]);
    world.hub.installation("acme").unsuspend();
    expect(await world.sweep()).toMatchObject({ installations: 1, queued: 1 });
    expect(await world.installations()).toMatchObject([{ status: "active" }]);
  });

  test("one deleted unheard is deleted here and its work stopped", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await world.sweep();
    world.hub.installation("acme").delete();
    expect(await world.sweep()).toMatchObject({ installations: 1 });
    expect(await world.installations()).toMatchObject([{ status: "deleted" }]);
    expect(await statuses(world)).toEqual(["sweep cancelled uninstalled"]);
    expect(await world.sweep()).toMatchObject({ installations: 0 });
  });

  test("permissions granted unheard are stored", async () => {
    await using world = await startSyncWorld();
    await openPull(world);
    await world.sweep();
    world.hub
      .installation("acme")
      .setPermissions({ metadata: "read", pull_requests: "read", contents: "read" });
    expect(await world.sweep()).toMatchObject({ installations: 1 });
    expect(await world.installations()).toMatchObject([{ permissions: { pull_requests: "read" } }]);
  });

  test("a repository taken out unheard is let go of, and one renamed keeps its row", async () => {
    await using world = await startSyncWorld();
    const [shop, warehouse] = [await createRepository(world), await createRepository(world, "warehouse")];
    await shop.openPullRequest(cart);
    await warehouse.openPullRequest(cart);
    await world.sweep();
    shop.setInstalled(false);
    warehouse.rename("depot");
    expect(await world.sweep()).toMatchObject({ repositories: 2, swept: 1, queued: 0 });
    expect(await world.repositories()).toMatchObject([
      { fullName: "acme/shop", installationId: null },
      { fullName: "acme/depot", installationId: expect.any(String) },
    ]);
    expect(await statuses(world)).toEqual(["sweep cancelled repository_removed", "sweep pending"]);
  });
});

describe("when the forge fails", () => {
  test("one broken repository does not stop the others", async () => {
    await using world = await startSyncWorld();
    for (const name of ["broken", "shop", "warehouse"])
      await (await createRepository(world, name)).openPullRequest(cart);
    world.hub.fail(listPulls, { status: 502, times: 3 });
    expect(await world.sweep()).toMatchObject({ queued: 2, failedRepositories: 1, failedInstallations: 0 });
    expect(await world.sweep()).toMatchObject({ queued: 1, failedRepositories: 0 });
  });

  test("an installation at its limit is left alone while the others go on", async () => {
    await using world = await startSyncWorld();
    await (await createRepository(world)).openPullRequest(cart);
    await (await createRepository(world, "depot", "umbrella")).openPullRequest(cart);
    world.hub.fail(listPulls, secondaryLimit(600));
    expect(await world.sweep()).toMatchObject({ queued: 1, failedInstallations: 1 });
    expect(await world.sweep()).toMatchObject({ queued: 0, resting: 1, failedInstallations: 0 });
    world.restart();
    expect(await world.sweep()).toMatchObject({ queued: 1, resting: 0 });
  });

  test("a sweep that cannot begin is recorded with its error", async () => {
    await using world = await startSyncWorld();
    world.hub.fail("GET /app/installations", { status: 502, times: 1_000 });
    expect(world.sweep()).rejects.toThrow();
    await world.sweep().catch(() => {});
    expect(await world.runs()).toMatchObject([
      { error: expect.any(String), finishedAt: expect.any(Date) },
      { error: expect.any(String), finishedAt: expect.any(Date) },
    ]);
    world.hub.clearFaults();
  });
});

test("repositories take turns when an installation has more than one sweep looks through", async () => {
  await using world = await startSyncWorld();
  for (let i = 0; i < 101; i++) await createRepository(world, `shop-${i}`);
  expect(await world.sweep()).toMatchObject({ repositories: 101, swept: 100 });
  const before = (await world.repositories()).filter(({ sweptAt }) => sweptAt === null);
  expect(before).toHaveLength(1);
  await world.sweep();
  expect((await world.repositories()).filter(({ sweptAt }) => sweptAt === null)).toEqual([]);
});
