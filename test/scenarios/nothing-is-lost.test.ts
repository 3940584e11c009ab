/** Promise 1: a webhook answered with 2xx is done, and every open head ends with a reason. */
import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { eventually } from "../support/eventually.ts";
import { expectOnce, problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };

test("a redelivery of a delivery whose work failed does the work", async () => {
  await using system = await startSystem();
  await system.db.execute(sql`alter table tasks rename to tasks_away`);
  const pull = await system.repository.openPullRequest(cart);
  await system.hub.webhooks.settled();
  const failed = system.hub.webhooks.deliveries.find(({ event }) => event === "pull_request");
  expect(failed?.statusCode).toBe(500);
  await system.db.execute(sql`alter table tasks_away rename to tasks`);
  const guid = failed?.guid ?? "";
  expect(await system.get(`/deliveries/${guid}`)).toMatchObject({ outcome: "failed" });

  await system.hub.webhooks.redeliver(guid);
  await taskOf(system, pull, "completed");
  expect(await system.get(`/deliveries/${guid}`)).toMatchObject({ outcome: "queued" });
});

test("a webhook that never came is asked for again", async () => {
  await using system = await startSystem();
  system.hub.deliverTo(null);
  const pull = await system.repository.openPullRequest(cart);
  await system.hub.webhooks.settled();
  system.hub.deliverTo(`${system.url()}/webhooks/github`);
  await system.start("syncer");
  await taskOf(system, pull, "completed");
  await expectOnce(system, pull, { reviews: 1 });
});

test("SIGTERM during a review hands it back with its attempt, and the next dispatcher finishes it", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const first = await system.start("dispatcher", { SHUTDOWN_GRACE_SECS: "0" });
  const read = system.hub.hold("GET /repos/{owner}/{repo}/pulls/{pull_number}");
  const pull = await system.repository.openPullRequest(cart);
  await read.reached;
  expect(await first.stop("SIGTERM")).toBe(0);
  read.release();
  const [handedBack] = await system.tasks();
  expect(handedBack).toMatchObject({ status: "pending", reason: "released", attemptCount: 0, lostCount: 0 });

  await system.start("dispatcher");
  expect(await taskOf(system, pull, "completed")).toMatchObject({ attemptCount: 1, lostCount: 0 });
  await expectOnce(system, pull, { reviews: 1 });
});

test("SIGTERM lets a review in flight end within the grace", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const dispatcher = await system.start("dispatcher");
  const post = system.hub.hold("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews");
  const pull = await system.repository.openPullRequest(cart);
  await post.reached;
  const stopped = dispatcher.stop("SIGTERM");
  await dispatcher.log("stopping: no more claims");
  post.release();
  expect(await stopped).toBe(0);
  await taskOf(system, pull, "completed");
  await expectOnce(system, pull, { reviews: 1 });
});

test("GitHub being down costs attempts and time, not the review", async () => {
  await using system = await startSystem();
  const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
  system.hub.fail(route, { status: 503, times: 4 });
  const pull = await system.repository.openPullRequest(cart);
  const waiting = await eventually(async () => {
    const [task] = await system.tasks();
    expect(task).toMatchObject({ status: "pending", placement: "delayed", reason: "retry" });
    return task;
  });
  expect(waiting?.error).toBeString();
  await system.db.execute(sql`update clock set shift = shift + interval '1 minute'`);
  expect(await taskOf(system, pull, "completed")).toMatchObject({ attemptCount: 2 });
});
