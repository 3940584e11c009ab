import { afterAll, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { findEarlierRemarks } from "../../../src/adapters/postgres/earlier-remarks.ts";
import { insertFindings } from "../../../src/adapters/postgres/findings.ts";
import {
  publications,
  repositories,
  reviewComments,
  reviewFeedback,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { createTestDatabase } from "../../support/database.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

type Given = Partial<typeof reviewFeedback.$inferInsert>;
const against = (reactorExternalId: number | null, given: Given = {}): Given => ({
  ...{ content: "-1", reactorExternalId, ...given },
});
const inFavour = (reactorExternalId: number): Given => ({ content: "+1", reactorExternalId });

let lastExternalId = 0;

async function seedRepository(isPrivate: boolean): Promise<SeededPullRequest> {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  await db
    .update(repositories)
    .set({ private: isPrivate })
    .where(eq(repositories.id, pullRequest.repositoryId));
  return pullRequest;
}

/** A finding that was said on the pull request, and what people gave to it. */
async function say(pullRequest: SeededPullRequest, title: string, feedback: readonly Given[]): Promise<void> {
  const { pullRequestId, repositoryId } = pullRequest;
  const { id: taskId } = await db.transaction((tx) => insertTask(tx, newTask(pullRequest)));
  const publicationId = Bun.randomUUIDv7();
  await db
    .insert(publications)
    .values({ id: publicationId, taskId, pullRequestId, kind: "review", state: "intended", payload: {} });
  const findingId = Bun.randomUUIDv7();
  const identity = { fingerprint: "f", anchor: "a", reportedBy: ["rules" as const], originId: findingId };
  await db.transaction((tx) =>
    insertFindings(tx, [
      {
        ...{ id: findingId, taskId, pullRequestId, ordinal: 0, reviewer: "rules", ruleId: null, ...identity },
        ...{ severity: "high", category: "bug", disposition: "inline", title, body: "b" },
        ...{ path: "a.ts", startLine: 1, line: 1 },
      },
    ]),
  );
  const commentId = Bun.randomUUIDv7();
  await db.insert(reviewComments).values({
    ...{
      id: commentId,
      taskId,
      publicationId,
      findingId,
      pullRequestId,
      repositoryId,
      forge: "github",
      host: "h",
    },
    ...{ kind: "inline", externalId: ++lastExternalId, nodeId: "n", url: "https://x", postedAt: new Date() },
  });
  for (const given of feedback) {
    await db.insert(reviewFeedback).values({
      ...{ id: Bun.randomUUIDv7(), commentId, kind: "reaction", externalId: ++lastExternalId, content: "-1" },
      ...{ createdAt: new Date(lastExternalId), ...given },
    });
  }
}

/** What a review of another pull request of the repository is told of. */
async function disliked({ repositoryId }: SeededPullRequest): Promise<readonly string[]> {
  const [pullRequestId, exceptTaskId] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const remarks = await findEarlierRemarks(db, { pullRequestId, repositoryId, exceptTaskId, limit: 30 });
  expect(remarks.every(({ verdict }) => verdict === "downvoted")).toBe(true);
  return remarks.map(({ title }) => title);
}

test("what one person of a private repository dislikes is not wanted, unless as many like it", async () => {
  const repository = await seedRepository(true);
  await say(repository, "disliked", [against(1)]);
  await say(repository, "liked as much", [against(1), inFavour(2)]);
  await say(repository, "liked and disliked by one", [against(1), inFavour(1)]);
  await say(repository, "disliked by more", [against(1), against(2), inFavour(3)]);
  await say(repository, "taken back", [against(1, { removedAt: new Date() })]);
  await say(repository, "puzzling", [against(1, { content: "confused" })]);
  expect(await disliked(repository)).toEqual(["disliked by more", "disliked"]);
});

test("who just came by a public repository does not keep reviews from saying something", async () => {
  const repository = await seedRepository(false);
  const passersBy = [1, 2, 3, 4, 5].map((id) => against(id, { reactorPermission: "read" }));
  await say(repository, "one passer-by", passersBy.slice(0, 1));
  await say(repository, "not asked for yet", [against(7)]);
  await say(repository, "four passers-by", passersBy.slice(0, 4));
  await say(repository, "one who writes", [against(9, { reactorPermission: "write" })]);
  await say(repository, "one who writes, and another who likes it", [
    against(9, { reactorPermission: "write" }),
    { content: "heart", reactorExternalId: 8, reactorPermission: "admin" },
  ]);
  expect(await disliked(repository)).toEqual(["one who writes", "four passers-by"]);
});

test("the ten disliked last are told, each once, and none of another repository", async () => {
  const [repository, other] = [await seedRepository(true), await seedRepository(true)];
  await say(other, "elsewhere", [against(1)]);
  for (let i = 0; i < 12; i++) await say(repository, `number ${i}`, [against(1), against(2), against(null)]);
  expect(await disliked(repository)).toEqual(Array.from({ length: 10 }, (_, i) => `number ${11 - i}`));
});

test("of what was disliked the last 200 are judged, however much there is", async () => {
  const repository = await seedRepository(true);
  await say(repository, "disliked first", [against(1)]);
  for (let i = 0; i < 199; i++) await say(repository, "outweighed", [against(1), inFavour(2)]);
  expect(await disliked(repository)).toEqual(["disliked first"]);
  await say(repository, "outweighed", [against(1), inFavour(2)]);
  expect(await disliked(repository)).toEqual([]);
});
