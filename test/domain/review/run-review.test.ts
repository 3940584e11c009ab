import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const twoFindings = {
  "src/cart.ts": "let a = 1;\n// FIND critical: Prices are added as text\n// FIND low: A name says nothing\n",
  "src/clean.ts": "export {};\n",
};

describe("a review with findings", () => {
  let opened: Opened;
  let taskId: string;
  beforeAll(async () => {
    opened = await world.openPullRequest(twoFindings);
    taskId = await world.review(opened);
  });

  test("is one review with an inline comment on each line, most severe first", () => {
    const { pull } = opened;
    expect(pull.reviews()).toHaveLength(1);
    expect(pull.reviews()[0]).toMatchObject({ commitId: pull.headSha, author: "reviewd[bot]" });
    expect(pull.inlineComments().map(({ path, line }) => ({ path, line }))).toEqual([
      { path: "src/cart.ts", line: 2 },
      { path: "src/cart.ts", line: 3 },
    ]);
    expect(pull.inlineComments()[0]?.body).toStartWith("**Critical: Prices are added as text**");
  });

  test("has one summary that says what was found and how much was read", () => {
    const comments = opened.pull.issueComments();
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toContain("**2 findings (1 critical, 1 low).** 2 of 2 files reviewed.");
    expect(comments[0]?.body).toContain("  - Critical, line 2: Prices are added as text");
  });

  test("has one check on its commit, which is neutral", () => {
    const checks = opened.pull.checks();
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({
      headSha: opened.pull.headSha,
      status: "completed",
      conclusion: "neutral",
      title: "2 findings (1 critical, 1 low); 2 of 2 files reviewed",
    });
  });

  test("knows every comment by its ids, and is done", async () => {
    const findings = await world.findings(taskId);
    const captured = await world.comments(opened);
    const inline = captured.filter(({ kind }) => kind === "inline");
    expect(inline.map(({ findingId }) => findingId).sort()).toEqual(findings.map(({ id }) => id).sort());
    const posted = new Map(opened.pull.inlineComments().map((comment) => [comment.id, comment]));
    for (const { externalId, nodeId, path, line, nextPollAt } of inline) {
      expect(posted.get(externalId)).toMatchObject({ nodeId, path: path ?? "", line });
      expect(nextPollAt).not.toBeNull();
    }
    const summary = captured.find(({ kind }) => kind === "summary");
    expect(summary?.externalId).toBe(opened.pull.issueComments()[0]?.id);
    expect((await world.publications(taskId)).map(({ state }) => state)).toEqual([
      "posted",
      "posted",
      "posted",
    ]);
    expect((await world.task(taskId)).status).toBe("completed");
  });

  test("says the task on every call it makes", () => {
    const route = `/repos/${opened.repository.fullName}/pulls`;
    const calls = world.hub.ledger.calls.filter(({ path }) => path.includes(route));
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.every(({ headers }) => headers["x-reviewd-task"] === taskId)).toBe(true);
  });
});

describe("a review without findings", () => {
  test("posts no review; check and summary say that all was read", async () => {
    const opened = await world.openPullRequest({
      "a.ts": "export {};\n",
      "base.ts": null,
    });
    await world.review(opened);
    expect(opened.pull.reviews()).toEqual([]);
    expect(opened.pull.checks()[0]).toMatchObject({
      conclusion: "success",
      title: "Nothing found; 1 of 2 files reviewed",
    });
    expect(opened.pull.issueComments()[0]?.body).toContain("Nothing stands in the way of merging.");
  });

  test("is no success when a file was not read", async () => {
    const opened = await world.openPullRequest({ "a.ts": "export {};\n", "big.bin": "x\n" });
    await world.review(opened);
    expect(opened.pull.checks()[0]?.conclusion).toBe("neutral");
    expect(opened.pull.issueComments()[0]?.body).toContain("- `big.bin`: too large");
  });
});
