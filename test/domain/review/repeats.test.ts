import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ReviewWorld, reviewsRoute, startReviewWorld } from "./review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const files = { "src/a.ts": "let a = 1;\n// FIND high: first\n" };

async function dispositions(taskId: string): Promise<readonly string[]> {
  return (await world.findings(taskId)).map(({ title, disposition }) => `${title}: ${disposition}`);
}

describe("a second push", () => {
  test("that changes nothing about a finding posts no second review, and the summary calls it open", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": "let a = 1;\nlet b = 2;\n\t// FIND high: first\n" } });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["first: repeated"]);
    expect(opened.pull.reviews()).toHaveLength(1);
    expect(opened.pull.inlineComments()).toHaveLength(1);
    expect(opened.pull.issueComments()[0]?.body).toContain("  - High, line 3: first _(still open)_");
    expect(opened.pull.checks()[0]).toMatchObject({ conclusion: "neutral" });
  });

  test("says only what is new", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    await opened.pull.push({ files: { "src/b.ts": "// FIND low: second\n" } });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["first: repeated", "second: inline"]);
    expect(opened.pull.inlineComments().map(({ path }) => path)).toEqual(["src/a.ts", "src/b.ts"]);
  });

  test("has a check of its own, and the first commit keeps its", async () => {
    const opened = await world.openPullRequest(files);
    const first = opened.pull.headSha;
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": "let a = 1;\n" } });
    await world.review(opened);
    const checks = opened.pull.checks().map(({ headSha, conclusion }) => ({ headSha, conclusion }));
    expect(checks).toContainEqual({ headSha: opened.pull.headSha, conclusion: "success" });
    expect(new Set(checks.map(({ headSha }) => headSha)).size).toBe(checks.length);
    expect(world.hub.ledger.calls.some(({ path }) => path.includes(first))).toBe(true);
  });
});

describe("what was found but never posted", () => {
  test("is said by the next task", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened));
    world.hub.fail(reviewsRoute, { status: 403 });
    await expect(world.run(task)).rejects.toMatchObject({ code: "forbidden" });
    await world.settle(task, { kind: "failed", reason: "permission_denied", error: "403" });
    await opened.pull.push({ files: { "README.md": "# shop\n" } });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["first: inline"]);
  });
});

describe("a review a person asks for again", () => {
  test("has a check of its own and repeats no comment", async () => {
    const opened = await world.openPullRequest(files);
    await world.review(opened);
    const taskId = await world.review(opened, { trigger: "manual" });
    expect(await dispositions(taskId)).toEqual(["first: repeated"]);
    expect(opened.pull.inlineComments()).toHaveLength(1);
    expect(opened.pull.issueComments()).toHaveLength(1);
    expect(opened.pull.checks()).toHaveLength(2);
  });
});

describe("findings outside the diff", () => {
  test("are said in the summary, and only there", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": "// FIND-FAR medium: elsewhere\n" });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["elsewhere: summary"]);
    expect(opened.pull.reviews()).toEqual([]);
    expect(opened.pull.issueComments()[0]?.body).toContain("**Medium: elsewhere** · `src/a.ts`, line 5000");
  });
});

describe("output mode app", () => {
  test("keeps everything in reviewd and writes nothing to the forge", async () => {
    const opened = await world.openPullRequest(files);
    await world.outbox();
    world.hub.ledger.clear();
    const taskId = await world.review(opened, { outputMode: "app" });
    expect(await world.outbox()).toBe(0);
    const writes = world.hub.ledger.calls.filter(
      ({ method, route }) => method !== "GET" && !/access_tokens|git-upload-pack/.test(route),
    );
    expect(writes).toEqual([]);
    expect(await dispositions(taskId)).toEqual(["first: inline"]);
    expect((await world.publications(taskId)).map(({ state }) => state)).toEqual([
      "abandoned",
      "abandoned",
      "abandoned",
    ]);
    expect(opened.pull.checks()).toEqual([]);
  });

  test("when it fails tells the forge nothing either", async () => {
    const opened = await world.openPullRequest(files);
    const task = await world.claim(await world.queue(opened, { outputMode: "app" }));
    await world.settle(task, { kind: "failed", reason: "internal_error", error: "broken" });
    await world.outbox();
    expect(opened.pull.checks()).toEqual([]);
  });
});

describe("text the database cannot hold", () => {
  test("is stored and posted with the character replaced", async () => {
    // git takes a file for binary by its first 8,000 bytes alone.
    const filler = "const filler = 0;\n".repeat(500);
    const opened = await world.openPullRequest({ "src/a.ts": `${filler}// FIND high: a \0 in it\n` });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["a \ufffd in it: inline"]);
    expect(opened.pull.inlineComments()).toHaveLength(1);
  });
});

describe("more findings than one review takes", () => {
  test("are split: the most severe inline, the rest in the summary", async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `// FIND ${i < 5 ? "critical" : "low"}: number ${i}`);
    const opened = await world.openPullRequest({ "src/a.ts": `${lines.join("\n")}\n` });
    await world.review(opened);
    expect(opened.pull.inlineComments()).toHaveLength(25);
    const body = opened.pull.issueComments()[0]?.body ?? "";
    expect(body).toContain("5 findings without a comment in the diff");
    expect(body).toContain("Says `number 29`.");
  });
});
