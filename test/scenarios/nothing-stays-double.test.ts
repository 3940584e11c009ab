/** Promise 2: at most one review and one check per head, one summary per pull request, whatever repeats or comes late. */
import { expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { publications } from "../../src/adapters/postgres/schema.ts";
import { eventually } from "../support/eventually.ts";
import { expectOnce, patient, problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const postReview = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const postSummary = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const postCheck = "POST /repos/{owner}/{repo}/check-runs";
const patchCheck = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";

test("a delivery that comes twice is one task", async () => {
  await using system = await startSystem();
  const pull = await system.repository.openPullRequest(cart);
  await system.hub.webhooks.settled();
  const guid = system.hub.webhooks.deliveries.find(({ event }) => event === "pull_request")?.guid ?? "";
  await system.hub.webhooks.duplicate(guid);
  await taskOf(system, pull, "completed");
  expect(await system.tasks()).toHaveLength(1);
  await expectOnce(system, pull, { reviews: 1 });
});

test("pushes that arrive in reverse order leave the newest head reviewed, and only it", async () => {
  await using system = await startSystem();
  const { webhooks } = system.hub;
  webhooks.hold();
  const pull = await system.repository.openPullRequest(cart);
  await pull.push({ files: { "src/b.ts": "export const b = 1;\n" } });
  await pull.push({ files: { "src/c.ts": "export const c = 1;\n" } });
  await webhooks.release({ order: "reversed" });
  await taskOf(system, pull, "completed");
  const states = (await system.tasks()).map(({ headSha, status }) => [headSha === pull.headSha, status]);
  expect(states.filter(([newest, status]) => !newest && status === "completed")).toEqual([]);
  await expectOnce(system, pull, { reviews: 1 });
});

test("a push while a review runs stops it; only the new head's review is posted", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  await system.start("dispatcher", patient);
  const reading = system.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
  const pull = await system.repository.openPullRequest(cart);
  await reading.reached;
  const oldHead = pull.headSha;
  await pull.push({ files: { "src/b.ts": "export const b = 1;\n" } });
  await system.hub.webhooks.settled();
  reading.release();
  await taskOf(system, pull, "completed");
  expect(await taskOf(system, pull, "superseded", oldHead)).toMatchObject({ reason: "new_head" });
  expect(pull.reviews().map(({ commitId }) => commitId)).toEqual([pull.headSha]);
  await expectOnce(system, pull, { reviews: 1 });
  await eventually(() => {
    const spinning = pull.checks().filter(({ status }) => status !== "completed");
    expect(spinning).toEqual([]);
  });
});

test("a force-push back to a head that was reviewed posts nothing again", async () => {
  await using system = await startSystem();
  const pull = await system.repository.openPullRequest(cart);
  const reviewedHead = pull.headSha;
  await taskOf(system, pull, "completed");
  await pull.push({ files: { "src/b.ts": "export const b = 1;\n" } });
  await taskOf(system, pull, "completed");
  await pull.forcePush({ to: reviewedHead });
  await system.hub.webhooks.settled();
  await taskOf(system, pull, "completed");
  expect(await system.tasks()).toHaveLength(2);
  await expectOnce(system, pull, { reviews: 1 });
});

test("closing and reopening reviews the same head once", async () => {
  await using system = await startSystem();
  const pull = await system.repository.openPullRequest(cart);
  await taskOf(system, pull, "completed");
  await pull.close();
  await pull.reopen();
  await system.hub.webhooks.settled();
  expect(await system.tasks()).toHaveLength(1);
  await expectOnce(system, pull, { reviews: 1 });
});

test.each([
  ["a review", postReview],
  ["a summary", postSummary],
  ["a check", postCheck],
  ["a check's end", patchCheck],
])("a 502 after GitHub did the work of %s", async (_, route) => {
  await using system = await startSystem();
  system.hub.fail(route, { status: 502, afterCommit: true });
  const pull = await system.repository.openPullRequest(cart);
  await taskOf(system, pull, "completed");
  await expectOnce(system, pull, { reviews: 1 });
});

/** Where a dispatcher is killed: at the door of a call, so that it is done after the kill, or right after its work. */
const killPoints = [
  ["before anything is posted", "GET /repos/{owner}/{repo}/compare/{basehead}", false],
  ["while the check is on its way", postCheck, false],
  ["after the check was made", postCheck, true],
  ["while the review is on its way", postReview, false],
  ["after the review was posted", postReview, true],
  ["while the review is read back", "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments", false],
  ["while the summary is on its way", postSummary, false],
  ["after the summary was posted", postSummary, true],
  ["while the check is completed", patchCheck, false],
  ["after the check was completed", patchCheck, true],
] as const;

test.each(killPoints)("kill -9 of the dispatcher %s", async (_, route, afterCommit) => {
  await using system = await startSystem({ roles: ["serve"] });
  const killed = await system.start("dispatcher");
  const call = system.hub.hold(route, { afterCommit });
  const pull = await system.repository.openPullRequest(cart);
  await call.reached;
  await killed.stop("SIGKILL");
  call.release();
  await system.start("dispatcher");
  const task = await taskOf(system, pull, "completed");
  expect(task).toMatchObject({ lostCount: 1, attemptCount: 1 });
  await expectOnce(system, pull, { reviews: 1 });
});

test("a dispatcher stopped between intent and post for longer than its lease posts nothing when it goes on", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const sleeper = await system.start("dispatcher");
  // Between the two it asks for a token that may write reviews, its fifth.
  const token = system.hub.hold("POST /app/installations/{installation_id}/access_tokens", { skip: 4 });
  const pull = await system.repository.openPullRequest(cart);
  await token.reached;
  sleeper.signal("SIGSTOP");
  const [review] = await system.db.select().from(publications).where(eq(publications.kind, "review"));
  expect(review?.state).toBe("uncertain");

  await system.start("dispatcher");
  await taskOf(system, pull, "completed");
  token.release();
  sleeper.signal("SIGCONT");
  await sleeper.log("the lease lapsed; its runs are aborted");
  expect(await sleeper.stop("SIGTERM")).toBe(0);
  expect(system.hub.ledger.count(postReview)).toBe(1);
  await expectOnce(system, pull, { reviews: 1 });
});

test("a dispatcher that slept through its lease with a post on its way adds nothing when it wakes up", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const sleeper = await system.start("dispatcher");
  const post = system.hub.hold(postReview);
  const pull = await system.repository.openPullRequest(cart);
  await post.reached;
  sleeper.signal("SIGSTOP");
  await system.start("dispatcher");
  await taskOf(system, pull, "completed");
  post.release();
  await eventually(() => expect(pull.reviews()).toHaveLength(2));
  sleeper.signal("SIGCONT");
  await sleeper.log("the lease lapsed; its runs are aborted");
  await eventually(() => {
    const inline = pull.inlineComments();
    expect(new Set(inline.map(({ path, line }) => `${path}:${line}`)).size).toBe(inline.length);
  });
});
