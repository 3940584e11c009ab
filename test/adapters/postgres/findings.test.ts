/** What earlier reviews said, as the database remembers it: over the whole way of a review, against fakehub. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { dismissFindings, findOrigins } from "../../../src/adapters/postgres/findings.ts";
import { findReviewedLines } from "../../../src/adapters/postgres/reviewed-lines.ts";
import { reviewedLines } from "../../../src/adapters/postgres/schema.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "../../domain/review/review-world.ts";

let world: ReviewWorld;
beforeAll(async () => {
  world = await startReviewWorld();
});
afterAll(() => world.close());

const code = "let a = 1;\n// FIND high: first\n";
const fixed = "let a = 1;\n";

async function origins({ ids: { pullRequestId } }: Opened) {
  const exceptTaskId = Bun.randomUUIDv7();
  const found = await world.database.db.transaction((tx) => findOrigins(tx, { pullRequestId, exceptTaskId }));
  return found.map(({ title, state, path, line }) => ({ title, state, path, line }));
}

async function dispositions(taskId: string): Promise<readonly string[]> {
  const found = await world.findings(taskId);
  return found.map(({ title, disposition, withheldReason }) => `${title}: ${withheldReason ?? disposition}`);
}

async function dismiss({ ids: { pullRequestId } }: Opened, originIds: readonly string[] | "open") {
  return await world.database.db.transaction((tx) =>
    dismissFindings(tx, { pullRequestId, originIds, by: "ada" }),
  );
}

describe("what was said", () => {
  test("is open where it was seen last, gone once the last review does not find it, and said again after that", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": code });
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": null, "src/moved.ts": `// moved\n${code}` } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: repeated"]);
    expect(await origins(opened)).toEqual([{ title: "first", state: "open", path: "src/moved.ts", line: 3 }]);
    await opened.pull.push({ files: { "src/moved.ts": fixed } });
    expect(await dispositions(await world.review(opened))).toEqual([]);
    expect((await origins(opened)).map(({ state }) => state)).toEqual(["gone"]);
    await opened.pull.push({ files: { "src/moved.ts": code } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: inline"]);
    expect((await origins(opened)).map(({ state }) => state)).toEqual(["gone", "open"]);
    expect(opened.pull.inlineComments()).toHaveLength(2);
  });

  test("is not forgotten by a review that was never posted", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": code });
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": fixed } });
    await world.review(opened, { outputMode: "app" });
    expect((await origins(opened)).map(({ state }) => state)).toEqual(["open"]);
    await opened.pull.push({ files: { "src/a.ts": code } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: repeated"]);
  });

  test("in a file that is not read this time stays open", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": code });
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": null, "src/a.bin": code } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: repeated"]);
    expect(await origins(opened)).toMatchObject([{ state: "open", path: "src/a.bin" }]);
  });
});

test("of more than is remembered, what was seen last is, in the order it was said first", async () => {
  const opened = await world.openPullRequest({ "src/a.ts": code });
  await world.review(opened);
  const [old] = await world.findings(await world.review(opened, { trigger: "manual" }));
  // As many others, each said once and later: what was said first is not among the newest any more.
  await world.database.db.execute(sql`
    insert into findings (id, task_id, pull_request_id, ordinal, reviewer, path, start_line, line, severity, category,
      title, body, reported_by, fingerprint, anchor, origin_id, disposition, created_at)
    select id, ${old?.taskId}::uuid, ${opened.ids.pullRequestId}::uuid, n, 'rules', 'src/a.ts', 1, 1, 'low', 'style',
      n::text, '', '{rules}', n::text, '', id, 'summary', reviewd_now() + n * interval '1 millisecond'
    from generate_series(1, 10000) n, lateral (select ('ffffffff-0000-7000-8000-' || lpad((20000 - n)::text, 12, '0'))::uuid as id) ids`);
  const found = await origins(opened);
  expect(found).toHaveLength(10_000);
  expect(found.map(({ title }) => title)).not.toContain("first");
  expect([found[0]?.title, found.at(-1)?.title]).toEqual(["10000", "1"]);
});

describe("what a person dismissed", () => {
  test("is not said again, and what nobody dismissed is", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": `${code}// FIND low: second\n` });
    const [first] = await world.findings(await world.review(opened));
    expect(await dismiss(opened, [first?.originId ?? ""])).toEqual([first?.originId ?? ""]);
    expect(await dismiss(opened, [first?.originId ?? ""])).toEqual([]);
    await opened.pull.push({ files: { "src/a.ts": `// top\n${code}// FIND low: second\n` } });
    const taskId = await world.review(opened);
    expect(await dispositions(taskId)).toEqual(["first: dismissed", "second: repeated"]);
    await opened.pull.push({ files: { "src/b.ts": "let b;\n" } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: dismissed", "second: repeated"]);
    expect((await origins(opened)).map(({ state, line }) => [state, line])).toEqual([
      ["dismissed", 3],
      ["open", 4],
    ]);
  });

  test("may be all that is open, on this pull request only", async () => {
    const [opened, other] = [
      await world.openPullRequest({ "src/a.ts": code }),
      await world.openPullRequest({ "src/a.ts": code }),
    ];
    await world.review(opened);
    await world.review(other);
    expect(await dismiss(opened, "open")).toHaveLength(1);
    expect(await dismiss(opened, "open")).toEqual([]);
    expect((await origins(opened)).map(({ state }) => state)).toEqual(["dismissed"]);
    expect((await origins(other)).map(({ state }) => state)).toEqual(["open"]);
  });

  test("is not what was mended before: that is said again when it comes back", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": `${code}// FIND low: second\n` });
    await world.review(opened);
    await opened.pull.push({ files: { "src/a.ts": "let a = 1;\n// FIND low: second\n" } });
    await world.review(opened);
    expect(await dismiss(opened, "open")).toHaveLength(1);
    await opened.pull.push({ files: { "src/a.ts": `${code}// FIND low: second\n` } });
    expect(await dispositions(await world.review(opened))).toEqual(["first: inline", "second: dismissed"]);
  });
});

describe("the lines a review read", () => {
  test("are those of the last one posted, and no others are kept", async () => {
    const opened = await world.openPullRequest({ "src/a.ts": code });
    const { pullRequestId } = opened.ids;
    const first = await world.review(opened);
    await opened.pull.push({ files: { "src/b.ts": "let b;\n" } });
    const unposted = await world.review(opened, { outputMode: "app" });
    const read = (exceptTaskId: string) =>
      world.database.db.transaction((tx) => findReviewedLines(tx, { pullRequestId, exceptTaskId }));
    expect((await read(unposted))?.length).toBe((await read(Bun.randomUUIDv7()))?.length ?? -1);
    expect(await read(first)).toBeNull();
    await opened.pull.push({ files: { "src/c.ts": "let c;\n" } });
    const third = await world.review(opened);
    const rows = await world.database.db.select().from(reviewedLines);
    const kept = rows.filter((row) => row.pullRequestId === pullRequestId).map(({ taskId }) => taskId);
    expect(kept.sort()).toEqual([first, third].sort());
  });
});
