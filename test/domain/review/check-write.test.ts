/** A check with more annotations than one request takes: each is there once, whatever went wrong on the way. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { expectOneOfEach } from "./one-of-each.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const count = 120;
const far = Array.from({ length: count }, (_, i) => `// FIND-FAR low: number ${i}\n`).join("");
const files = { "src/a.ts": `// FIND high: first\n// FIND low: second\n${far}` };
const updateRoute = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";
const annotationsRoute = "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations";

function expectAllOnce({ pull }: Opened): void {
  const messages = pull.checks().flatMap(({ annotations }) => annotations.map(({ message }) => message));
  const wanted = Array.from({ length: count }, (_, i) => `Says \`number ${i}\`.`);
  expect(messages.sort()).toEqual(wanted.sort());
}

test("says all of them, in as many requests as it takes", async () => {
  const opened = await world.openPullRequest(files);
  world.hub.ledger.clear();
  await world.review(opened);
  expectAllOnce(opened);
  expect(world.hub.ledger.count(updateRoute)).toBe(3);
  await expectOneOfEach(world, opened);
});

test.each([0, 1, 2])("repeats none when the answer to request %p is lost", async (skip) => {
  const opened = await world.openPullRequest(files);
  world.hub.fail(updateRoute, { status: 502, afterCommit: true, skip });
  await world.review(opened);
  expectAllOnce(opened);
  await expectOneOfEach(world, opened);
});

test.each([
  ["before", false],
  ["after", true],
])("goes on where a process died %s its second request", async (_, afterCommit) => {
  const opened = await world.openPullRequest(files);
  const taskId = await world.queue(opened);
  const first = await world.claim(taskId);
  const hold = world.hub.hold(updateRoute, { skip: 1, afterCommit });
  const controller = new AbortController();
  const running = world.run(first, controller.signal).catch(() => null);
  await hold.reached;
  controller.abort("lost");
  await world.kill(first);
  hold.release();
  await running;
  const second = await world.claim(taskId);
  expect(await world.run(second)).toEqual({ kind: "completed", reason: "reviewed" });
  expectAllOnce(opened);
  await expectOneOfEach(world, opened);
});

test("does not go on while what is there cannot be read", async () => {
  const opened = await world.openPullRequest(files);
  const task = await world.claim(await world.queue(opened));
  world.hub.fail(updateRoute, { status: 502, afterCommit: true, skip: 1 });
  world.hub.fail(annotationsRoute, { status: 503, times: 10 });
  await expect(world.run(task)).rejects.toMatchObject({ code: "unavailable" });
  world.hub.clearFaults();
  expect((await world.run(task)).kind).toBe("completed");
  expectAllOnce(opened);
});
