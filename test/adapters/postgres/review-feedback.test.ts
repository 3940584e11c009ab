import { afterAll, beforeAll, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { captureComments } from "../../../src/adapters/postgres/review-comments.ts";
import { reconcileReactions, type SeenReaction } from "../../../src/adapters/postgres/review-feedback.ts";
import { publications, reviewComments, reviewFeedback } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

let database: TestDatabase;
let lastExternalId = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function seedComment(): Promise<string> {
  const { db } = database;
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const externalId = ++lastExternalId;
  await db.transaction(async (tx) => {
    const { id: taskId } = await insertTask(tx, newTask(pullRequest));
    const { pullRequestId } = pullRequest;
    const publicationId = Bun.randomUUIDv7();
    const publication = { kind: "summary", state: "posted", payload: {}, postedAt: new Date() } as const;
    await tx.insert(publications).values({ id: publicationId, taskId, pullRequestId, ...publication });
    const place = { forge: "github", host: "github.test", kind: "summary", externalId } as const;
    const rest = {
      findingId: null,
      nodeId: `IC_${externalId}`,
      path: null,
      line: null,
      url: "https://github.test",
    };
    await captureComments(tx, [
      { ...place, ...rest, taskId, publicationId, pullRequestId, postedAt: new Date() },
    ]);
  });
  const [row] = await db.select().from(reviewComments).where(eq(reviewComments.externalId, externalId));
  if (!row) throw new Error("the comment was not captured");
  return row.id;
}

function reaction(commentId: string, externalId: number): SeenReaction {
  const reactor = { reactorExternalId: externalId, reactorLogin: `reader-${externalId}` };
  return { commentId, externalId, ...reactor, content: "+1", createdAt: "2026-03-01T12:00:00Z" };
}

const reconcile = (commentIds: readonly string[], seen: readonly SeenReaction[]) =>
  database.db.transaction((tx) => reconcileReactions(tx, commentIds, seen));

async function stored(commentId: string) {
  return await database.db
    .select()
    .from(reviewFeedback)
    .where(eq(reviewFeedback.commentId, commentId))
    .orderBy(reviewFeedback.externalId);
}

test("what is stored always equals what was seen last, and only the difference is counted", async () => {
  const readings = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(readings, async (sequence) => {
      const commentId = await seedComment();
      const ever = new Set<number>();
      let before = new Set<number>();
      for (const ids of sequence) {
        const now = new Set(ids);
        const counts = await reconcile(
          [commentId],
          ids.map((id) => reaction(commentId, id)),
        );
        const appeared = [...now.difference(before)];
        expect(counts).toEqual({
          added: appeared.filter((id) => !ever.has(id)).length,
          returned: appeared.filter((id) => ever.has(id)).length,
          removed: before.difference(now).size,
        });
        for (const id of ids) ever.add(id);
        const rows = await stored(commentId);
        const standing = rows
          .filter(({ removedAt }) => removedAt === null)
          .map(({ externalId }) => externalId);
        expect(standing).toEqual([...ids].sort((a, b) => a - b));
        expect(rows).toHaveLength(ever.size);
        before = now;
      }
    }),
    { numRuns: 40 },
  );
});

test("comments that were not read to the end, and feedback of other kinds, are left alone", async () => {
  const [read, unread] = [await seedComment(), await seedComment()];
  await reconcile([read, unread], [reaction(read, 1), reaction(unread, 2)]);
  const reply = { kind: "reply", externalId: 9, content: "thanks", createdAt: new Date() } as const;
  await database.db.insert(reviewFeedback).values({ id: Bun.randomUUIDv7(), commentId: read, ...reply });
  expect(await reconcile([read], [])).toEqual({ added: 0, returned: 0, removed: 1 });
  expect((await stored(unread)).map(({ removedAt }) => removedAt)).toEqual([null]);
  const rows = await stored(read);
  expect(rows.find(({ kind }) => kind === "reply")?.removedAt).toBeNull();
});

test("a row that is right is not written again", async () => {
  const commentId = await seedComment();
  await reconcile([commentId], [reaction(commentId, 1), reaction(commentId, 2)]);
  const versions = () =>
    database.db.execute<{ version: string }>(
      `select ctid || ' ' || xmin as version from review_feedback where comment_id = '${commentId}' order by id`,
    );
  const before = await versions();
  await reconcile([commentId], [reaction(commentId, 1), reaction(commentId, 2)]);
  expect([...(await versions())]).toEqual([...before]);
});

test("comments of a batch are looked up by the index, however few others there are", async () => {
  const { db } = database;
  const template = await seedComment();
  const copies = await db.execute<{ id: string }>(`
    insert into review_comments (id, task_id, publication_id, pull_request_id, repository_id, forge, host, kind,
      external_id, node_id, url, posted_at)
    select gen_random_uuid(), task_id, publication_id, pull_request_id, repository_id, forge, host, 'inline', n, 'N' || n,
      url, posted_at from review_comments, generate_series(1000001, 1001000) n where id = '${template}' returning id`);
  const ids = copies.map(({ id }) => id);
  await reconcile(
    ids,
    ids.flatMap((id) => [1, 2, 3].map((reactionId) => reaction(id, reactionId))),
  );
  await db.execute("analyze review_feedback");
  const scans = await db.transaction(async (tx) => {
    await tx.execute("set local track_counts = on");
    await reconcileReactions(tx, ids.slice(0, 500), []);
    return await tx.execute<{ scans: string }>(
      "select pg_stat_get_xact_numscans('review_feedback'::regclass) as scans",
    );
  });
  expect([...scans]).toEqual([{ scans: "0" }]);
});

test("the same reaction on two pages is one", async () => {
  const commentId = await seedComment();
  const twice = [reaction(commentId, 1), reaction(commentId, 1)];
  expect(await reconcile([commentId], twice)).toEqual({ added: 1, returned: 0, removed: 0 });
});

test("text from outside stays text: quotes, backslashes, other scripts", async () => {
  const commentId = await seedComment();
  const reactorLogin = `O'Neil "\\ 🦊`;
  await reconcile([commentId], [{ ...reaction(commentId, 1), reactorLogin }]);
  expect((await stored(commentId)).map((row) => row.reactorLogin)).toEqual([reactorLogin]);
});
