import { expect, test } from "bun:test";
import { type PollWorld, startPollWorld } from "../../domain/feedback/poll-world.ts";
import { eventually } from "../../support/eventually.ts";
import { runReviewd, startReviewd } from "../../support/run-reviewd.ts";

function environment({ hub, databaseUrl }: PollWorld) {
  return {
    DATABASE_URL: databaseUrl,
    METRICS_PORT: "0",
    LOG_LEVEL: "debug",
    GITHUB_API_URL: hub.apiUrl,
    GITHUB_APP_ID: String(hub.app.id),
    GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
    POLLER_INTERVAL_SECS: "1",
  };
}

const startPoller = (world: PollWorld, settings: Readonly<Record<string, string>> = {}) =>
  startReviewd(["poller"], { env: { ...environment(world), ...settings } });

test("reads reactions as they come, says what it did on /metrics, and stops cleanly on SIGTERM", async () => {
  await using world = await startPollWorld();
  const [comment] = (await world.post("acme", 1)).inline;
  if (!comment) throw new Error("no comment was posted");
  await using poller = startPoller(world);
  await poller.log("active");
  const { port } = await poller.log("health and metrics are served");
  await world.hub.user("eve").react(comment, "-1");
  await eventually(async () => expect(await world.reactions()).toEqual(["eve: -1"]));
  await world.hub.user("eve").unreact(comment, "-1");
  await eventually(async () => expect(await world.reactions()).toEqual([]));

  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('reviewd_poll_reactions_total{change="added"} 1');
    expect(metrics).toContain('reviewd_poll_reactions_total{change="removed"} 1');
    expect(metrics).toMatch(/^reviewd_poll_points_total [1-9]/m);
    expect(metrics).toContain("reviewd_poll_calls_total 1");
    expect(metrics).toContain("reviewd_poll_installations_resting 0");
  });
  expect(await poller.stop("SIGTERM")).toBe(0);
});

test("a second one stands by, and takes over within an interval when the first is killed", async () => {
  await using world = await startPollWorld();
  const [comment] = (await world.post("acme", 1)).inline;
  if (!comment) throw new Error("no comment was posted");
  await using first = startPoller(world);
  await first.log("active");
  await using second = startPoller(world);
  await second.log("standing by, another process is active");

  await first.stop("SIGKILL");
  await world.hub.user("eve").react(comment, "+1");
  await second.log("active");
  await eventually(async () => expect(await world.reactions()).toEqual(["eve: +1"]));
  expect(second.stdout.filter((line) => line.includes('"pass failed'))).toEqual([]);
});

test("a database that goes away for a moment costs passes, not the role", async () => {
  await using world = await startPollWorld();
  const [comment] = (await world.post("acme", 1)).inline;
  if (!comment) throw new Error("no comment was posted");
  await using poller = startPoller(world);
  await poller.log("active");
  await world.ctx.db.execute(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'reviewd poller%'",
  );
  await world.hub.user("eve").react(comment, "+1");
  await eventually(async () => expect(await world.reactions()).toEqual(["eve: +1"]));
});

test("one that loses its lock in the middle of a pass writes nothing over what its successor read", async () => {
  await using world = await startPollWorld();
  const [comment] = (await world.post("acme", 1)).inline;
  if (!comment) throw new Error("no comment was posted");
  const eve = world.hub.user("eve");
  await eve.react(comment, "+1");
  const answer = world.hub.hold("POST /graphql", { afterCommit: true });
  await using first = startPoller(world);
  await answer.reached;
  await world.ctx.db.execute(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'reviewd poller%'",
  );
  await eve.unreact(comment, "+1");
  await using second = startPoller(world);
  await second.log("cycle done");
  answer.release();
  await first.log("pass failed, will try again");
  await first.log("standing by, another process is active");
  expect(await world.feedback()).toEqual([]);
  expect(await second.stop("SIGTERM")).toBe(0);
  await eve.react(comment, "-1");
  await eventually(async () => expect(await world.reactions()).toEqual(["eve: -1"]));
});

test("an installation that gets no token is told in the log, and is read when it gets one again", async () => {
  await using world = await startPollWorld();
  await world.post("acme", 1);
  world.hub.fail("POST /app/installations/{installation_id}/access_tokens", { status: 401, times: 1_000 });
  await using poller = startPoller(world);
  await poller.log("installation not read to the end, its comments stay due");
  world.hub.clearFaults();
  await eventually(async () => {
    const rows = await world.comments();
    expect(rows.every(({ lastPolledAt }) => lastPolledAt !== null)).toBe(true);
  });
});

test("goes by its settings: tiers, window and what an hour may cost", async () => {
  await using world = await startPollWorld();
  const { summary } = await world.post("acme", 1);
  await world.ctx.db.execute(
    `update review_comments set posted_at = posted_at - interval '30 hours' where external_id = ${summary.id} and kind = 'summary'`,
  );
  const settings = { POLLER_INTERVAL_SECS: "100", POLLER_TIERS: "1h:7,1d:9", POLLER_WINDOW_DAYS: "1" };
  {
    await using poller = startPoller(world, settings);
    await poller.log("cycle done");
  }
  const [inlinePlan, summaryPlan] = (await world.comments())
    .toSorted((a, b) => (a.kind < b.kind ? -1 : 1))
    .map(({ nextPollAt, lastPolledAt }) => nextPollAt && (Number(nextPollAt) - Number(lastPolledAt)) / 1_000);
  expect(summaryPlan).toBeNull();
  // Every seventh cycle, and as much earlier as is spread.
  expect(inlinePlan).toBeGreaterThan(0.8 * 700 - 10);
  expect(inlinePlan).toBeLessThan(0.95 * 700 + 10);

  await world.ctx.db.execute("update review_comments set next_poll_at = reviewd_now()");
  await using poller = startPoller(world, { POLLER_MAX_POINTS_PER_HOUR: "1" });
  const { port } = await poller.log("health and metrics are served");
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain("reviewd_poll_installations_resting 1");
    expect(metrics).toContain("reviewd_poll_points_total 1");
  });
});

test("what is missing in its environment is said at once, with exit code 2", async () => {
  const { exitCode, stderr } = await runReviewd(["poller"], { env: { POLLER_WINDOW_DAYS: "0" } });
  expect(exitCode).toBe(2);
  for (const name of ["DATABASE_URL", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "POLLER_WINDOW_DAYS"]) {
    expect(stderr).toContain(name);
  }
});
