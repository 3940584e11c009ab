import { afterAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { workers } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

const token = await api.createToken(["admin"]);
const queue = async (query = "") => (await api.get(`/queue${query}`, token)).body;

/** A task on a pull request of its own, unless one is given; its id. */
async function seedTask(ownerId: string, pullRequestId?: string): Promise<string> {
  const pullRequest = await seedPullRequest(db, ownerId);
  const task = newTask({ ...pullRequest, pullRequestId: pullRequestId ?? pullRequest.pullRequestId });
  return (await db.transaction((tx) => insertTask(tx, task))).id;
}

async function seedWorker(expiresIn: string): Promise<string> {
  const id = Bun.randomUUIDv7();
  const expiresAt = sql`reviewd_now() + ${expiresIn}::interval`;
  await db.insert(workers).values({ id, role: "dispatcher", expiresAt });
  return id;
}

const run = (taskId: string, workerId: string) =>
  db.execute(sql`update tasks set status = 'running', placement = null, worker_id = ${workerId},
    started_at = reviewd_now() where id = ${taskId}`);

const fail = (taskId: string, ago: string) =>
  db.execute(sql`update tasks set status = 'failed', reason = 'internal_error', placement = null,
    finished_at = reviewd_now() - ${ago}::interval where id = ${taskId}`);

/** One owner with a task in every place, one with little work, and one whose only task failed. */
async function seedQueue() {
  const [busy, small, idle] = [await seedOwner(db, 2), await seedOwner(db, 3), await seedOwner(db, 5)];
  const live = await seedWorker("15 seconds");
  await seedWorker("-1 second");
  const pullRequest = await seedPullRequest(db, busy);
  const past = await advanceClock(db, -600_000);
  const first = await seedTask(busy, pullRequest.pullRequestId);
  await past[Symbol.asyncDispose]();
  const further: string[] = [];
  for (let i = 0; i < 4; i++) further.push(await seedTask(busy));
  await seedTask(busy, pullRequest.pullRequestId);
  await run(first, live);
  await db.execute(sql`update tasks set placement = 'delayed', run_after = reviewd_now() + interval '1 hour'
    where id = ${further[2]}`);
  await seedTask(small);
  await fail(await seedTask(small), "23 hours");
  await fail(await seedTask(small), "25 hours");
  await fail(await seedTask(idle), "1 minute");
  return { busy, small, live };
}

const empty = await queue();
const { busy, small, live } = await seedQueue();

test("an empty queue is all zeros", () => {
  expect(empty).toEqual({
    depth: { ready: 0, waiting: 0, held: 0, delayed: 0 },
    running: 0,
    oldest_pending_secs: null,
    failed_last_day: 0,
    seats: { in_use: 0, total: 0 },
    workers: [],
    owners: [],
    next_cursor: null,
  });
});

describe("a queue with work in every place", () => {
  test("is counted by placement, with what runs, what failed, and the seats", async () => {
    const { depth, running, failed_last_day, seats } = await queue();
    expect(depth).toEqual({ ready: 2, waiting: 2, held: 1, delayed: 1 });
    expect({ running, failed_last_day }).toEqual({ running: 1, failed_last_day: 2 });
    expect(seats.total).toBe(10);
    const rows = await db.execute(sql`select sum(seats_in_use)::float8 as in_use from owners`);
    expect(rows[0]).toEqual({ in_use: seats.in_use });
  });

  test("tells each owner's share, the busiest first, and leaves out who has no work", async () => {
    const { owners } = await queue();
    expect(owners).toMatchObject([
      { id: busy, running: 1, pending: 5, max_running: 2, weight: 1, plan: "active", forge: "github" },
      { id: small, running: 0, pending: 1, max_running: 3 },
    ]);
  });

  test("tells how long the oldest pending task has been there, not how long one runs", async () => {
    const before = await queue();
    expect(before.oldest_pending_secs).toBeLessThan(600);
    await using _later = await advanceClock(db, 3_600_000);
    const { oldest_pending_secs, owners } = await queue();
    expect(oldest_pending_secs).toBeGreaterThanOrEqual(3_600);
    expect(owners[0].oldest_pending_secs).toBe(oldest_pending_secs);
  });

  test("names the processes whose lease holds, and what each has running", async () => {
    const { workers: found } = await queue();
    expect(found).toMatchObject([{ id: live, role: "dispatcher", running: 1 }]);
    expect(Date.parse(found[0].lease_expires_at)).toBeGreaterThan(Date.parse(found[0].started_at));
  });

  test("is paged by owner, each of them once, also those that are equally busy", async () => {
    const more = [await seedOwner(db), await seedOwner(db), await seedOwner(db)];
    for (const ownerId of more) await seedTask(ownerId);
    const seen: { id: string; running: number; pending: number }[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = await queue(`?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.owners.length).toBeLessThanOrEqual(2);
      expect(page.depth.waiting).toBe(2);
      seen.push(...page.owners);
      cursor = page.next_cursor;
    }
    expect(seen.map(({ id }) => id).toSorted()).toEqual([busy, small, ...more].toSorted());
    const loads = seen.map(({ running, pending }) => running + pending);
    expect(loads).toEqual(loads.toSorted((a, b) => b - a));
  });
});

test("only administrators of the whole instance may see it", async () => {
  const reader = await api.createToken(["review:read", "review:write"]);
  const ofOwner = await api.createToken(["admin"], await seedOwner(db));
  for (const refused of [reader, ofOwner]) expect((await api.get("/queue", refused)).status).toBe(403);
  expect((await api.request("GET", "/queue")).status).toBe(401);
});

test.each(["cursor=x", `cursor=${btoa("[-1,1]")}`, `cursor=${btoa('[1,"x"]')}`, "limit=0"])(
  "refuses %s",
  async (query) => {
    expect((await api.get(`/queue?${query}`, token)).status).toBe(400);
  },
);
