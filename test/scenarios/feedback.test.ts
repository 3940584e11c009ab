/** Whatever happens to the pollers, the syncers and the forge, what people think is stored as it is, and once. */
import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { installations, reviewFeedback } from "../../src/adapters/postgres/schema.ts";
import { advanceClock } from "../support/advance-clock.ts";
import { eventually } from "../support/eventually.ts";
import type { Reviewd } from "../support/run-reviewd.ts";
import { problems, type System, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const graphql = "POST /graphql";
const listReactions = "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions";
/** Long enough that nobody but the one who takes over at once is in time. */
const intervalSecs = 60;

/** A pull request with a comment of ours, and nobody who works any more. */
async function reviewed(system: System) {
  const dispatcher = await system.start("dispatcher");
  const pull = await system.repository.openPullRequest(cart);
  const { id: taskId } = await taskOf(system, pull, "completed");
  expect(await dispatcher.stop()).toBe(0);
  const [comment] = pull.inlineComments();
  if (!comment) throw new Error("a problem was planted");
  return { pull, comment, taskId };
}

/** `ada: +1` for each reaction that holds, as the API tells it. */
async function reactions(system: System, taskId: string): Promise<readonly string[]> {
  const { comments } = await system.get(`/tasks/${taskId}/feedback`);
  type Given = { readonly content: string; readonly user: { readonly login: string } | null };
  const given: readonly Given[] = comments.flatMap(
    (one: { readonly feedback: readonly Given[] }) => one.feedback,
  );
  return given.map(({ content, user }) => `${user?.login}: ${content}`).sort();
}

async function metricsOf(reviewd: Reviewd): Promise<string> {
  const { port } = await reviewd.log("health and metrics are served");
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

test("a poller killed while it reads, and one killed while it writes, lose nothing and leave nothing half done", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub, db } = system;
  const { comment, taskId } = await reviewed(system);
  await hub.user("ada").react(comment, "-1");
  await hub.user("bob").react(comment, "+1");

  const reading = hub.hold(graphql, { afterCommit: true });
  const first = await system.start("poller");
  await reading.reached;
  await first.stop("SIGKILL");
  reading.release();
  expect(await reactions(system, taskId)).toEqual([]);

  const locked = Promise.withResolvers<void>();
  const unlock = Promise.withResolvers<void>();
  const locking = db.transaction(async (tx) => {
    await tx.execute(sql`lock table review_feedback in share mode`);
    locked.resolve();
    await unlock.promise;
  });
  await locked.promise;
  const second = await system.start("poller");
  await eventually(async () => {
    const waiting = await db.execute(sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and application_name like 'reviewd poller%'`);
    expect(waiting).toHaveLength(1);
  });
  await second.stop("SIGKILL");
  unlock.resolve();
  await locking;

  await hub.user("bob").unreact(comment, "+1");
  await hub.user("cleo").react(comment, "heart");
  await system.start("poller");
  await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: -1", "cleo: heart"]));
  expect(await db.select().from(reviewFeedback)).toHaveLength(2);
});

test("of two pollers and two syncers one of each works, and the other takes over within an interval", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub } = system;
  const { comment, taskId } = await reviewed(system);
  const withInterval = { POLLER_INTERVAL_SECS: `${intervalSecs}`, SYNCER_INTERVAL_SECS: `${intervalSecs}` };
  const startBoth = async (role: "poller" | "syncer") => {
    const active = await system.start(role, withInterval);
    await active.log("active");
    const standby = await system.start(role, withInterval);
    await standby.log("standing by, another process is active");
    expect(await metricsOf(active)).toContain(`reviewd_active{role="${role}"} 1`);
    expect(await metricsOf(standby)).toContain(`reviewd_active{role="${role}"} 0`);
    return { active, standby };
  };
  const pollers = await startBoth("poller");
  const syncers = await startBoth("syncer");
  await syncers.active.log("pull requests swept");
  await pollers.active.log("cycle done");

  await hub.user("ada").react(comment, "+1");
  await system.db.execute(sql`update review_comments set next_poll_at = reviewd_now()`);
  hub.deliverTo(null);
  const unheard = await system.repository.openPullRequest({ ...cart, branch: "unheard", title: "Unheard" });
  await Promise.all([pollers.active.stop("SIGKILL"), syncers.active.stop("SIGKILL")]);
  await eventually(async () => {
    expect(await reactions(system, taskId)).toEqual(["ada: +1"]);
    expect((await system.tasks()).at(-1)?.headSha).toBe(unheard.headSha);
  }, intervalSecs * 1_000);
  for (const { standby } of [pollers, syncers]) {
    expect(await metricsOf(standby)).toMatch(/^reviewd_active\{role="(poller|syncer)"\} 1$/m);
  }
});

test("while GraphQL fails for an hour, reactions come and go as ever, and none is taken for gone", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub, db } = system;
  const { comment, taskId } = await reviewed(system);
  const [ada, bob] = [hub.user("ada"), hub.user("bob")];
  await ada.react(comment, "-1");
  const poller = await system.start("poller");
  await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: -1"]));

  hub.fail(graphql, { status: 502, times: 1_000_000 });
  for (const minutes of [0, 30, 30]) {
    // The tokens of before are no good any more at the end.
    hub.clock.advance(minutes * 60_000);
    await advanceClock(db, minutes * 60_000);
    await bob.react(comment, "+1");
    await eventually(
      async () => expect(await reactions(system, taskId)).toEqual(["ada: -1", "bob: +1"]),
      30_000,
    );
    await bob.unreact(comment, "+1");
    await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: -1"]));
  }
  expect(hub.ledger.count(listReactions)).toBeGreaterThan(0);

  hub.clearFaults();
  await bob.react(comment, "rocket");
  await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: -1", "bob: rocket"]));
  const [stored] = await db.execute(
    sql`select count(*)::int as rows, count(distinct external_id)::int as given from review_feedback`,
  );
  expect(stored).toEqual({ rows: 5, given: 5 });
  expect(await metricsOf(poller)).toContain("reviewd_poll_installations_failed_total 0");
});

test("somebody who takes another name stays the same person, and what they said stays theirs", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub, db } = system;
  const { comment, taskId } = await reviewed(system);
  const ada = hub.user("ada");
  await ada.react(comment, "-1");
  await system.start("poller");
  await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: -1"]));
  const before = await db.select().from(reviewFeedback);

  await ada.rename("ada-lovelace");
  // The name is free, and somebody else takes it.
  const other = hub.user("ada");
  await other.react(comment, "+1");
  await ada.react(comment, "confused");
  await eventually(async () => expect(await db.select().from(reviewFeedback)).toHaveLength(3));
  const after = await db.select().from(reviewFeedback).orderBy(reviewFeedback.externalId);
  expect(after[0]).toEqual(before[0]);
  expect(after.map(({ reactorExternalId, content }) => [reactorExternalId, content])).toEqual([
    [ada.id, "-1"],
    [other.id, "+1"],
    [ada.id, "confused"],
  ]);
});

test("an installation suspended unheard is told, marked, left alone, and read again when it is back", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub, db } = system;
  const { comment, taskId } = await reviewed(system);
  hub.deliverTo(null);
  const installation = hub.installation("acme");
  installation.suspend();
  const poller = await system.start("poller");
  await poller.log("installation not read to the end, its comments stay due");
  await system.start("syncer");
  const statuses = async () => (await db.select().from(installations)).map(({ status }) => status);
  await eventually(async () => expect(await statuses()).toEqual(["suspended"]));

  await hub.user("ada").react(comment, "+1");
  installation.unsuspend();
  await eventually(async () => expect(await reactions(system, taskId)).toEqual(["ada: +1"]));
  expect(await statuses()).toEqual(["active"]);
});
