/** A fakehub, a database and a dispatcher's context, for tests that run and publish reviews over real HTTP. */
import { eq } from "drizzle-orm";
import pino from "pino";
import type { Forge } from "../../../src/adapters/forge/forge.ts";
import { createGitHub } from "../../../src/adapters/forge/github/create-github.ts";
import { type FindingRow, findFindings } from "../../../src/adapters/postgres/findings.ts";
import { findPublications, type Publication } from "../../../src/adapters/postgres/publications.ts";
import type { ClaimedTask } from "../../../src/adapters/postgres/runs.ts";
import {
  installations,
  owners,
  pullRequests,
  repositories,
  reviewComments,
  type tasks,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask, lockTask, type NewTask } from "../../../src/adapters/postgres/tasks.ts";
import { deleteWorker, insertWorker } from "../../../src/adapters/postgres/workers.ts";
import type { ReviewContext } from "../../../src/context.ts";
import { publishOutbox } from "../../../src/domain/review/publish-outbox.ts";
import { runReview } from "../../../src/domain/review/run-review.ts";
import type { RunOutcome } from "../../../src/domain/task/settlement.ts";
import { sweepQueue } from "../../../src/domain/task/sweep-queue.ts";
import { type Fakehub, startFakehub } from "../../fakehub/fakehub.ts";
import type { Files } from "../../fakehub/git/fast-import.ts";
import type { PullRequestHandle } from "../../fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../../fakehub/scenario/repository.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { claimTasks, endRun } from "../../support/queue.ts";
import { createMarkReviewer } from "./mark-reviewer.ts";

export const reviewsRoute = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
export const commentsRoute = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";

/** Longer than a call to fakehub takes, and short enough to wait out. */
const timeoutMs = 1_500;

type TaskRow = typeof tasks.$inferSelect;

export interface ReviewWorld {
  readonly hub: Fakehub;
  readonly database: TestDatabase;
  readonly ctx: ReviewContext;
  /** In a repository of its own. */
  readonly openPullRequest: (
    files: Files,
    options?: { readonly fromFork?: boolean; readonly body?: string; readonly baseFiles?: Files },
  ) => Promise<Opened>;
  /** Queues a review of the head as it is on the forge now, as a webhook would. */
  readonly queue: (opened: Opened, values?: Partial<NewTask>) => Promise<string>;
  /** Claims the task under a lease of its own, as a fresh process would. */
  readonly claim: (taskId: string, leaseMs?: number) => Promise<ClaimedTask>;
  readonly run: (task: ClaimedTask, signal?: AbortSignal) => Promise<RunOutcome>;
  /** Queues, claims, runs and settles; fails when the task does not complete. */
  readonly review: (opened: Opened, values?: Partial<NewTask>) => Promise<string>;
  /** What happens when the process that runs the task dies. */
  readonly kill: (task: ClaimedTask) => Promise<void>;
  readonly settle: (task: ClaimedTask, outcome: RunOutcome) => Promise<void>;
  readonly outbox: () => Promise<number>;
  /** What a dispatcher does every second: takes back what was lost, readies what is due. */
  readonly sweep: () => Promise<void>;
  readonly uninstall: (opened: Opened) => Promise<void>;
  readonly task: (taskId: string) => Promise<TaskRow>;
  readonly findings: (taskId: string) => Promise<readonly FindingRow[]>;
  readonly publications: (taskId: string) => Promise<readonly Publication[]>;
  readonly comments: (opened: Opened) => Promise<readonly (typeof reviewComments.$inferSelect)[]>;
  readonly close: () => Promise<void>;
}

export interface Opened {
  readonly pull: PullRequestHandle;
  readonly repository: RepositoryHandle;
  readonly ids: { readonly ownerId: string; readonly repositoryId: string; readonly pullRequestId: string };
}

export async function startReviewWorld(): Promise<ReviewWorld> {
  const hub = await startFakehub();
  const database = await createTestDatabase();
  const { db } = database;
  const log = pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" });
  const forge = createGitHub({
    apiUrl: hub.apiUrl,
    appId: hub.app.id,
    privateKey: hub.app.privateKey,
    log,
    timeoutMs,
    writeSpacingMs: 0,
  });
  const ctx: ReviewContext = {
    db,
    log,
    forge,
    reviewers: { rules: createMarkReviewer(), model: null },
    model: null,
    markerKeys: ["the test's marker key"],
  };
  let repositoryCount = 0;

  const openPullRequest: ReviewWorld["openPullRequest"] = async (
    files,
    { fromFork = false, body = "", baseFiles = {} } = {},
  ) => {
    repositoryCount++;
    const name = `shop-${repositoryCount}`;
    // An installation a repository, so that no test waits for another's content budget.
    const owner = `acme-${repositoryCount}`;
    const repository = await hub.createRepository({
      owner,
      name,
      files: { "base.ts": baseFile, ...baseFiles },
    });
    const pull = await repository.openPullRequest({
      author: "eve",
      title: "Add cart",
      branch: "cart",
      files,
      body,
      fromFork,
    });
    const installationId = hub.installation(owner).id;
    const ids = await insertRows(database, { pull, repository, forge, installationId, fromFork });
    return { pull, repository, ids };
  };

  const queue: ReviewWorld["queue"] = async ({ pull, ids }, values = {}) => {
    const task: NewTask = {
      ...ids,
      trigger: "webhook",
      outputMode: "forge",
      headSha: pull.headSha,
      baseRef: "main",
      priority: 0,
      maxAttempts: 3,
      createdBy: null,
      ...values,
    };
    return (await db.transaction((tx) => insertTask(tx, task))).id;
  };

  const claim: ReviewWorld["claim"] = async (taskId, leaseMs = 60_000) => {
    const workerId = await insertWorker(db, { role: "dispatcher", leaseMs });
    const claimed = await claimTasks(db, { workerId, limit: 100, isIdle: true });
    const task = claimed.find((one) => one.taskId === taskId);
    if (!task) throw new Error(`the task ${taskId} is not ready`);
    return task;
  };

  const run: ReviewWorld["run"] = (task, signal = new AbortController().signal) =>
    runReview(ctx, task, signal);
  const settle: ReviewWorld["settle"] = async (task, outcome) => {
    await endRun(ctx, task, outcome);
  };

  const review: ReviewWorld["review"] = async (opened, values) => {
    const taskId = await queue(opened, values);
    const task = await claim(taskId);
    const outcome = await run(task);
    if (outcome.kind !== "completed") throw new Error(`the review ended as ${JSON.stringify(outcome)}`);
    await settle(task, outcome);
    return taskId;
  };

  return {
    hub,
    database,
    ctx,
    openPullRequest,
    queue,
    claim,
    run,
    review,
    settle,
    kill: async ({ workerId }) => {
      await deleteWorker(db, workerId);
      await sweepQueue(ctx);
    },
    sweep: async () => {
      await sweepQueue(ctx);
    },
    outbox: () => publishOutbox(ctx, new AbortController().signal),
    uninstall: async ({ ids }) => {
      await db
        .update(repositories)
        .set({ installationId: null })
        .where(eq(repositories.id, ids.repositoryId));
    },
    task: async (taskId) => {
      const row = await db.transaction((tx) => lockTask(tx, taskId));
      if (!row) throw new Error(`there is no task ${taskId}`);
      return row;
    },
    findings: (taskId) => findFindings(db, taskId),
    publications: (taskId) => findPublications(db, taskId),
    comments: async ({ ids }) => {
      const rows = await db.select().from(reviewComments);
      return rows.filter(({ pullRequestId }) => pullRequestId === ids.pullRequestId);
    },
    close: async () => {
      await database.close();
      await hub.close();
    },
  };
}

const baseFile = Array.from({ length: 30 }, (_, i) => `const base${i} = ${i};\n`).join("");

interface Rows {
  readonly pull: PullRequestHandle;
  readonly repository: RepositoryHandle;
  readonly forge: Forge;
  readonly installationId: number;
  readonly fromFork: boolean;
}

async function insertRows(
  { db }: TestDatabase,
  { pull, repository, forge, installationId, fromFork }: Rows,
): Promise<Opened["ids"]> {
  const [ownerId, repositoryId, pullRequestId] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const place = { forge: "github" as const, host: forge.host };
  // An owner a repository, so that no test waits for another's seat.
  await db.insert(owners).values({
    id: ownerId,
    ...place,
    externalId: repository.id,
    login: repository.fullName,
    kind: "organization",
    maxRunning: 4,
  });
  const installation = { id: Bun.randomUUIDv7(), ownerId, ...place, externalId: installationId };
  const [known] = await db.insert(installations).values(installation).onConflictDoNothing().returning();
  const [first] = known ? [known] : await db.select().from(installations);
  await db.insert(repositories).values({
    id: repositoryId,
    ownerId,
    installationId: first?.id ?? null,
    ...place,
    externalId: repository.id,
    fullName: repository.fullName,
    private: false,
  });
  await db.insert(pullRequests).values({
    id: pullRequestId,
    repositoryId,
    number: pull.number,
    state: "open",
    title: pull.title,
    fromFork,
    headSha: pull.headSha,
    baseRef: "main",
    baseSha: pull.baseSha,
    forgeUpdatedAt: new Date(),
  });
  return { ownerId, repositoryId, pullRequestId };
}
