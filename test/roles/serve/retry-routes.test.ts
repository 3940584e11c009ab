import { afterAll, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { installations, pullRequests, repositories } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

let lastInstallation = 0;

/** A cancelled task where the App is installed, and its owner's token. */
async function seedCancelled() {
  const ownerId = await seedOwner(db);
  const pullRequest = await seedPullRequest(db, ownerId);
  const installation = { id: Bun.randomUUIDv7(), ownerId, forge: "github", host: "github.test" };
  await db.insert(installations).values({ ...installation, externalId: ++lastInstallation });
  await db
    .update(repositories)
    .set({ installationId: installation.id })
    .where(eq(repositories.id, pullRequest.repositoryId));
  const { id } = await insertTask(db, newTask(pullRequest));
  const token = await api.createToken(["review:read", "review:write"], ownerId);
  await api.get(`/tasks/${id}/cancel`, token, "POST");
  return { id, pullRequest, token, retry: (by = token) => api.get(`/tasks/${id}/retry`, by, "POST") };
}

test("a cancelled task is queued again once; the second click is told why not", async () => {
  const { id, retry } = await seedCancelled();
  const { status, body } = await retry();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id,
    status: "pending",
    placement: "ready",
    reason: "retry",
    attempt_count: 0,
  });
  expect(body.finished_at).toBeNull();
  const again = await retry();
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({
    code: "conflict",
    reason: "already_queued",
    detail: expect.any(String),
  });
});

test.each([
  ["new_head", { headSha: "c".repeat(40) }, "its commit is not the head of the pull request any more"],
  ["closed", { state: "closed" }, "the pull request is closed"],
] as const)("what makes no sense any more is refused with its reason: %s", async (reason, values, detail) => {
  const { pullRequest, retry } = await seedCancelled();
  await db.update(pullRequests).set(values).where(eq(pullRequests.id, pullRequest.pullRequestId));
  const { status, body } = await retry();
  expect([status, body.code, body.reason, body.detail]).toEqual([409, "conflict", reason, detail]);
});

test("another owner's task is not there, nor is one that nobody has", async () => {
  const [mine, other] = [await seedCancelled(), await seedCancelled()];
  const foreign = await other.retry(mine.token);
  expect([foreign.status, foreign.body.code]).toEqual([404, "not_found"]);
  for (const id of [Bun.randomUUIDv7(), "1", "%00"]) {
    expect((await api.get(`/tasks/${id}/retry`, mine.token, "POST")).status).toBe(404);
  }
  expect((await other.retry(await api.createToken(["review:write"]))).status).toBe(200);
});

test("a token that may only read may not", async () => {
  const { retry } = await seedCancelled();
  const { status, body } = await retry(await api.createToken(["review:read", "admin"]));
  expect([status, body.detail]).toEqual([403, "the token lacks the scope review:write"]);
});
