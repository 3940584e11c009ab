import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { judgeHead } from "../../../src/domain/review/current-head.ts";
import { type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "// FIND high: first\n" };
const pullRoute = "GET /repos/{owner}/{repo}/pulls/{pull_number}";

describe("what a task was made for", () => {
  const task = { trigger: "webhook", headSha: "a", baseRef: "main" } as const;
  const facts = { state: "open", headSha: "a", baseRef: "main" } as const;

  test.each([
    ["the same head and base", {}, null],
    ["a newer head", { headSha: "b" }, "new_head"],
    ["another base", { baseRef: "release" }, "retargeted"],
    ["another head and base", { headSha: "b", baseRef: "release" }, "new_head"],
    ["a closed pull request", { state: "closed" as const, headSha: "b" }, "closed"],
  ])("%s", (_, changed, reason) => {
    expect(judgeHead(task, { ...facts, ...changed })).toBe(reason as ReturnType<typeof judgeHead>);
  });

  test("goes on with its own commit when a person asked for it", () => {
    expect(judgeHead({ ...task, trigger: "manual" }, { ...facts, headSha: "b" })).toBeNull();
    expect(judgeHead({ ...task, trigger: "command" }, { ...facts, state: "closed" })).toBe("closed");
  });
});

describe("a task whose webhook was the last one that came", () => {
  test("ends as superseded when there is a newer head, and shows nothing", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await opened.pull.push({ files: { "src/b.ts": "export {};\n" } });
    const outcome = await world.run(task);
    await world.settle(task, outcome);
    expect(await world.task(task.taskId)).toMatchObject({ status: "superseded", reason: "new_head" });
    expect(opened.pull.checks()).toEqual([]);
  });

  test("ends as cancelled when the pull request was closed", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await opened.pull.close();
    await world.settle(task, await world.run(task));
    expect(await world.task(task.taskId)).toMatchObject({ status: "cancelled", reason: "closed" });
  });

  test("ends as superseded when it was retargeted while the reviewer worked", async () => {
    const opened = await world.openPullRequest(files);
    await opened.repository.push({ branch: "release", files: { "r.ts": "export {};\n" } });
    const task = await world.claim(await world.queue(opened));
    const hold = world.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
    const running = world.run(task);
    await hold.reached;
    await opened.pull.retarget("release");
    hold.release();
    await world.settle(task, await running);
    await world.outbox();
    expect(await world.task(task.taskId)).toMatchObject({ status: "superseded", reason: "retargeted" });
    expect(opened.pull.checks()[0]).toMatchObject({ conclusion: "skipped" });
    expect(opened.pull.reviews()).toEqual([]);
  });
});

describe("a pull request that cannot be read", () => {
  test("is gone when the forge says so", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(pullRoute, { status: 404 });
    await expect(world.run(task)).rejects.toMatchObject({ code: "not_found" });
  });

  test("because a permission is missing fails as that", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(pullRoute, { status: 403 });
    await expect(world.run(task)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("because the App is not installed fails as that, without a call", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    await world.uninstall(opened);
    world.hub.ledger.clear();
    await expect(world.run(task)).rejects.toMatchObject({ code: "forbidden" });
    expect(world.hub.ledger.calls).toEqual([]);
  });

  test("because the forge is down is tried again later", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(pullRoute, { status: 502, times: 10 });
    await expect(world.run(task)).rejects.toMatchObject({ code: "unavailable" });
    world.hub.clearFaults();
  });

  test("because its head was pushed away while it was fetched ends as superseded", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    const hold = world.hub.hold("GET /repos/{owner}/{repo}/compare/{basehead}");
    world.hub.fail("POST /{owner}/{repo}.git/git-upload-pack", { status: 404, times: 10 });
    const running = world.run(task);
    await hold.reached;
    await opened.pull.forcePush({ files: { "src/a.ts": "export {};\n" } });
    hold.release();
    expect(await running).toEqual({ kind: "stopped" });
    world.hub.clearFaults();
  });
});

describe("a fork's pull request", () => {
  const fixable = { "src/a.ts": "// FIND-FIX high: first\n" };

  test("is reviewed as any other, but offers no one-click commit", async () => {
    const opened = await world.openPullRequest(fixable, { fromFork: true });
    await world.review(opened);
    expect(opened.pull.inlineComments()).toHaveLength(1);
    expect(opened.pull.inlineComments()[0]?.body).not.toContain("suggestion");
    expect(opened.pull.checks()).toHaveLength(1);
  });

  test("unlike one from the repository itself", async () => {
    const opened = await world.openPullRequest(fixable);
    await world.review(opened);
    expect(opened.pull.inlineComments()[0]?.body).toContain("\n\n```suggestion\nfixed();\n```\n\n");
  });
});
