/** Promise 1 where everything hangs: a process told to stop ends by itself, and what it had is done by the next. */
import { describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { createDatabaseDoor, type DatabaseDoor } from "../support/database-door.ts";
import { eventually } from "../support/eventually.ts";
import { testServer } from "../support/server.ts";
import { expectOnce, problems, type System, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const compare = "GET /repos/{owner}/{repo}/compare/{basehead}";
const postReview = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const patchCheck = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";
const mint = "POST /app/installations/{installation_id}/access_tokens";

/** A call of this dispatcher would be given up after 10 s; it does not come to that. */
const slow = { LEASE_SECS: "60", SHUTDOWN_GRACE_SECS: "0" };
const cutOff = "cut off, this process ends";
const givenUp = "no answer within";

/** What was cut off may have been done until its time is over. */
async function passCallTimeout(system: System): Promise<void> {
  await system.db.execute(sql`update clock set shift = shift + interval '20 seconds'`);
}

describe("a call to the forge that hangs", () => {
  test.each([
    ["a read", compare, false],
    ["the token it needs", mint, false],
    ["the review, not done", postReview, false],
    ["the review, done", postReview, true],
    ["the check's end, done", patchCheck, true],
  ] as const)("is cut off with its review: %s", async (_, route, afterCommit) => {
    await using system = await startSystem({ roles: ["serve"] });
    const first = await system.start("dispatcher", slow);
    const call = system.hub.hold(route, { afterCommit });
    const pull = await system.repository.openPullRequest(cart);
    await call.reached;
    expect(await first.stop("SIGTERM")).toBe(0);
    const said = first.stdout.join("\n");
    expect([said.includes(cutOff), said.includes(givenUp)]).toEqual([true, false]);
    const [task] = await system.tasks();
    expect(task).toMatchObject({ status: "pending", reason: "released", attemptCount: 0, lostCount: 0 });

    await passCallTimeout(system);
    await system.start("dispatcher");
    expect(await taskOf(system, pull, "completed")).toMatchObject({ attemptCount: 1, lostCount: 0 });
    await expectOnce(system, pull, { reviews: 1 });
  });

  test("is cut off with the outbox, and the check is closed all the same", async () => {
    await using system = await startSystem({ roles: ["serve"] });
    const first = await system.start("dispatcher", slow);
    const reading = system.hub.hold(compare);
    const pull = await system.repository.openPullRequest(cart);
    await reading.reached;
    await pull.close();
    const closing = system.hub.hold(patchCheck, { afterCommit: true });
    await system.hub.webhooks.settled();
    reading.release();
    await closing.reached;
    expect(await first.stop("SIGTERM")).toBe(0);
    const said = first.stdout.join("\n");
    expect([said.includes(cutOff), said.includes(givenUp)]).toEqual([true, false]);
    expect(await checkState(system)).toBe("uncertain");

    await passCallTimeout(system);
    await system.start("dispatcher");
    await eventually(async () => expect(await checkState(system)).toBe("posted"));
    expect(pull.checks()).toMatchObject([{ status: "completed", conclusion: "cancelled" }]);
  });

  test.each([
    ["poller", mint],
    ["syncer", "GET /app/installations"],
  ] as const)("is cut off in the %s", async (role, route) => {
    await using system = await startSystem({ roles: ["serve", "dispatcher"] });
    const pull = await system.repository.openPullRequest(cart);
    await taskOf(system, pull, "completed");
    const call = system.hub.hold(route);
    const process = await system.start(role);
    await call.reached;
    expect(await process.stop("SIGTERM")).toBe(0);
    const said = process.stdout.join("\n");
    expect([said.includes(cutOff), said.includes(givenUp)]).toEqual([true, false]);
  });
});

async function checkState(system: System): Promise<string | undefined> {
  const [row] = await system.db.execute<{ state: string }>(
    sql`select state from publications where kind = 'check'`,
  );
  return row?.state;
}

describe("a database that is away", () => {
  const faults = {
    "refuses every connection": (door: DatabaseDoor) => door.shut(),
    "hears nothing any more": async (door: DatabaseDoor) => door.hold("questions"),
    "is not heard any more": async (door: DatabaseDoor) => door.hold("answers"),
  } as const;
  for (const [name, befall] of Object.entries(faults)) {
    test(`keeps no process from ending: it ${name}`, async () => {
      await using door = await createDatabaseDoor((await testServer()).url);
      await using system = await startSystem({ roles: [], serverUrl: door.url });
      const processes = [
        await system.start("serve"),
        await system.start("dispatcher", slow),
        await system.start("poller"),
        await system.start("syncer"),
      ];
      const reading = system.hub.hold(compare);
      const pull = await system.repository.openPullRequest(cart);
      await reading.reached;
      await befall(door);
      // No call to the database has a time limit: whoever waits for one would wait for ever.
      const exits = await Promise.all(processes.map((process) => process.stop("SIGTERM")));
      expect(exits).toEqual([0, 0, 0, 0]);
      door.letGo();
      if (befall === faults["refuses every connection"]) await door.open();

      await system.db.execute(sql`update clock set shift = shift + interval '2 minutes'`);
      await system.start("dispatcher");
      expect(await taskOf(system, pull, "completed")).toMatchObject({ attemptCount: 1 });
      await expectOnce(system, pull, { reviews: 1 });
    });
  }
});
