/** Rows for tests: each call makes a fresh one, so that tests in one file never meet. */
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { owners, pullRequests, repositories } from "../../src/adapters/postgres/schema.ts";
import type { NewTask } from "../../src/adapters/postgres/tasks.ts";

let lastExternalId = 1_000;

export interface SeededPullRequest {
  readonly ownerId: string;
  readonly repositoryId: string;
  readonly pullRequestId: string;
}

export async function seedOwner(db: Db, maxRunning = 4): Promise<string> {
  const id = Bun.randomUUIDv7();
  lastExternalId++;
  await db.insert(owners).values({
    id,
    forge: "github",
    host: "github.test",
    externalId: lastExternalId,
    login: `owner-${lastExternalId}`,
    kind: "organization",
    maxRunning,
  });
  return id;
}

export async function seedPullRequest(db: Db, ownerId: string): Promise<SeededPullRequest> {
  lastExternalId++;
  const repositoryId = Bun.randomUUIDv7();
  const pullRequestId = Bun.randomUUIDv7();
  await db.insert(repositories).values({
    id: repositoryId,
    ownerId,
    forge: "github",
    host: "github.test",
    externalId: lastExternalId,
    fullName: `owner/repository-${lastExternalId}`,
    private: true,
  });
  await db.insert(pullRequests).values({
    id: pullRequestId,
    repositoryId,
    number: 1,
    state: "open",
    title: "Add cart",
    headSha: "a".repeat(40),
    baseRef: "main",
    baseSha: "b".repeat(40),
    forgeUpdatedAt: new Date("2026-01-01T00:00:00Z"),
  });
  return { ownerId, repositoryId, pullRequestId };
}

export function newTask(pullRequest: SeededPullRequest, values: Partial<NewTask> = {}): NewTask {
  return {
    ...pullRequest,
    trigger: "manual",
    outputMode: "forge",
    headSha: "a".repeat(40),
    baseRef: "main",
    priority: 0,
    maxAttempts: 3,
    createdBy: null,
    ...values,
  };
}
