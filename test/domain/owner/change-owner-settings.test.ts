import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { owners, tasks } from "../../../src/adapters/postgres/schema.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { changeOwnerSettings } from "../../../src/domain/owner/change-owner-settings.ts";
import { stopBlocked } from "../../../src/domain/owner/stop-blocked.ts";
import { claimTasks, endRun } from "../../support/queue.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { createIntake } from "../delivery/intake-harness.ts";
import { newPlace } from "../delivery/payloads.ts";

const intake = await createIntake();
const { db, ctx } = intake;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await intake.clear();
  await db.update(owners).set({ plan: "active" });
});
afterAll(() => intake.close());

async function enqueue(pullRequest: SeededPullRequest, values: Parameters<typeof newTask>[1] = {}) {
  return (await insertTask(db, newTask(pullRequest, values))).id;
}

async function claim(limit = 100) {
  const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
  return await claimTasks(db, { workerId, limit, isIdle: true });
}

const taskOf = async (id: string) => (await db.select().from(tasks).where(eq(tasks.id, id)))[0];
const ownerOf = async (id: string) => (await db.select().from(owners).where(eq(owners.id, id)))[0];

async function told(ownerId: string): Promise<readonly string[]> {
  const rows = await db.select().from(tasks).where(eq(tasks.ownerId, ownerId)).orderBy(tasks.id);
  return rows.map(({ status, placement, stopRequested, reason }) =>
    [status, placement, stopRequested ?? reason].filter((part) => part !== null).join(" "),
  );
}

describe("capacity", () => {
  test("raised, seats are filled at once; lowered, they drain, and nothing that runs is stopped", async () => {
    const ownerId = await seedOwner(db, 1);
    for (let i = 0; i < 5; i++) await enqueue(await seedPullRequest(db, ownerId));
    expect(await claim()).toHaveLength(1);
    await changeOwnerSettings(ctx, ownerId, { maxRunning: 3 });
    const two = await claim();
    expect(two).toHaveLength(2);

    await changeOwnerSettings(ctx, ownerId, { maxRunning: 1 });
    expect(await ownerOf(ownerId)).toMatchObject({ maxRunning: 1, weight: 1, plan: "active", seatsInUse: 3 });
    for (const run of two) await endRun(ctx, run, { kind: "completed", reason: "reviewed" });
    expect(await claim()).toHaveLength(0);
    expect((await ownerOf(ownerId))?.seatsInUse).toBe(1);
  });

  test("of none keeps everything waiting, and loses nothing", async () => {
    const ownerId = await seedOwner(db, 2);
    await changeOwnerSettings(ctx, ownerId, { maxRunning: 0 });
    await enqueue(await seedPullRequest(db, ownerId));
    expect(await claim()).toHaveLength(0);
    await changeOwnerSettings(ctx, ownerId, { maxRunning: 2 });
    expect(await claim()).toHaveLength(1);
  });

  test("what is not named stays", async () => {
    const ownerId = await seedOwner(db, 7);
    await changeOwnerSettings(ctx, ownerId, { weight: 5 });
    await changeOwnerSettings(ctx, ownerId, { plan: "blocked" });
    expect(await ownerOf(ownerId)).toMatchObject({ maxRunning: 7, weight: 5, plan: "blocked" });
  });

  test("changed from many connections at once, among tasks that come and go, breaks no seat", async () => {
    const ownerIds = [await seedOwner(db, 1), await seedOwner(db, 2)];
    const work = async (round: number) => {
      const ownerId = ownerIds[round % 2] ?? "";
      await enqueue(await seedPullRequest(db, ownerId));
      await changeOwnerSettings(ctx, ownerId, { maxRunning: round % 4, weight: 1 + (round % 3) });
      for (const run of await claim(2)) await endRun(ctx, run, { kind: "released" });
    };
    await Promise.all(Array.from({ length: 30 }, (_, round) => work(round)));
    expect(await findBrokenSeats(db)).toEqual([]);
  });
});

describe("a plan that is blocked", () => {
  test("ends what is pending, wherever it stands, stops what runs, and leaves others' alone", async () => {
    const [ownerId, other] = [await seedOwner(db, 2), await seedOwner(db, 2)];
    const [first, second] = [await seedPullRequest(db, ownerId), await seedPullRequest(db, ownerId)];
    const delayed = await enqueue(await seedPullRequest(db, ownerId));
    for (const run of await claim()) {
      await endRun(ctx, run, { kind: "retry", reason: "retry", error: "502" });
    }
    const running = await enqueue(first);
    const [run] = await claim();
    await enqueue(second, { trigger: "webhook" });
    await enqueue(first);
    await enqueue(await seedPullRequest(db, ownerId));
    const others = await enqueue({ ...second, ownerId: other }, { outputMode: "app" });
    expect((await told(ownerId)).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "pending delayed",
      "running",
      "pending ready",
      "pending held",
      "pending waiting",
    ]);

    await changeOwnerSettings(ctx, ownerId, { plan: "blocked" });
    const cancelled = "cancelled plan_blocked";
    expect(await told(ownerId)).toEqual([cancelled, "running plan_blocked", cancelled, cancelled, cancelled]);
    expect((await taskOf(others))?.placement).toBe("ready");
    if (!run) throw new Error("nothing was claimed");
    expect(await endRun(ctx, run, { kind: "stopped" })).toBe("cancelled");
    expect(run.taskId).toBe(running);
    expect((await taskOf(delayed))?.attemptCount).toBe(1);
  });

  test("ends a long queue, one batch after the other", async () => {
    const ownerId = await seedOwner(db, 2);
    for (let i = 0; i < 55; i++) await enqueue(await seedPullRequest(db, ownerId));
    await claim();
    await changeOwnerSettings(ctx, ownerId, { plan: "blocked" });
    expect(new Set(await told(ownerId))).toEqual(new Set(["running plan_blocked", "cancelled plan_blocked"]));
    expect(await stopBlocked(ctx)).toBe(0);
  });

  test("is made good by the syncer, with its own rights, when the process that blocked it died over it", async () => {
    const ownerId = await seedOwner(db, 1);
    for (let i = 0; i < 3; i++) await enqueue(await seedPullRequest(db, ownerId));
    await db.update(owners).set({ plan: "blocked" }).where(eq(owners.id, ownerId));
    const syncer = connect(`${intake.url}?role=reviewd_syncer`, "reviewd test syncer", 2);
    expect(await stopBlocked(syncer)).toBe(3);
    expect(await stopBlocked(syncer)).toBe(0);
    await syncer.close();
  });

  test("leaves nothing in the queue of what comes in meanwhile", async () => {
    for (let round = 0; round < 8; round++) {
      const place = newPlace();
      await intake.pull(place, { action: "opened" });
      const { id = "" } = (await intake.ownerOf(place)) ?? {};
      await Promise.all([
        ...[2, 3, 4, 5].map((number) => intake.pull({ ...place, number }, { action: "opened" })),
        changeOwnerSettings(ctx, id, { plan: "blocked" }),
      ]);
      const left = (await intake.tasksOf(place)).filter(({ status }) => status === "pending");
      expect(left).toEqual([]);
    }
  });

  test("lets a running review go on when it is active again in time and its head is wanted", async () => {
    const place = newPlace();
    await intake.pull(place, { action: "opened" });
    await intake.claim();
    const { id = "" } = (await intake.ownerOf(place)) ?? {};
    await changeOwnerSettings(ctx, id, { plan: "blocked" });
    expect(await intake.told(place)).toEqual(["a running plan_blocked"]);
    await changeOwnerSettings(ctx, id, { plan: "active" });
    expect(await intake.pull(place, { action: "reopened" })).toMatchObject({ reason: "review_resumed" });
  });
});
