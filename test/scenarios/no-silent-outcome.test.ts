/** Promise 3: every task ends in one visible state with a reason. */
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };

test("a draft is skipped with its reason and reviewed when it is ready", async () => {
  await using system = await startSystem();
  const pull = await system.repository.openPullRequest({ ...cart, draft: true });
  expect(await taskOf(system, pull, "skipped")).toMatchObject({ reason: "draft" });
  expect(pull.reviews()).toEqual([]);
  await pull.markReady();
  await taskOf(system, pull, "completed");
  expect((await system.tasks()).map(({ status }) => status)).toEqual(["skipped", "completed"]);
});

test("a pull request closed while its review runs ends cancelled, with nothing posted and no check left spinning", async () => {
  await using system = await startSystem();
  const reading = system.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
  const pull = await system.repository.openPullRequest(cart);
  await reading.reached;
  await pull.close();
  await system.hub.webhooks.settled();
  reading.release();
  expect(await taskOf(system, pull, "cancelled")).toMatchObject({ reason: "closed" });
  expect(pull.reviews()).toEqual([]);
  await eventually(() => {
    const checks = pull.checks().map(({ status, conclusion }) => [status, conclusion]);
    expect(checks).toEqual([["completed", "cancelled"]]);
  });
});

test("a delivery is found by its id with what became of it", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  await system.repository.openPullRequest({ ...cart, draft: true });
  await system.hub.webhooks.settled();
  const guid = system.hub.webhooks.deliveries.find(({ event }) => event === "pull_request")?.guid;
  expect(await system.get(`/deliveries/${guid}`)).toMatchObject({ outcome: "skipped", reason: "draft" });
});

test("a review that fails for good says so in the check, never success", async () => {
  await using system = await startSystem();
  system.hub.fail("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", { status: 403, times: 10 });
  const pull = await system.repository.openPullRequest(cart);
  expect(await taskOf(system, pull, "failed")).toMatchObject({ reason: "permission_denied" });
  await eventually(() => {
    const checks = pull.checks().map(({ status, conclusion, title }) => [status, conclusion, title]);
    expect(checks).toEqual([["completed", "neutral", "The review failed"]]);
  });
});
