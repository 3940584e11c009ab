/** Comments of ours on a stateful GitHub and in a real database, and cycles of reading what people do with them. */
import { createGitHub } from "../../../src/adapters/forge/github/create-github.ts";
import { captureComments } from "../../../src/adapters/postgres/review-comments.ts";
import {
  installations,
  owners,
  publications,
  pullRequests,
  repositories,
  reviewComments,
  reviewFeedback,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import type { ForgeContext } from "../../../src/context.ts";
import { createHourlyBudget } from "../../../src/domain/feedback/hourly-budget.ts";
import type { PollSchedule } from "../../../src/domain/feedback/next-poll-at.ts";
import { type CycleSummary, pollComments } from "../../../src/domain/feedback/poll-comments.ts";
import { maxCallsPerHour } from "../../../src/domain/feedback/turn.ts";
import { createLog } from "../../../src/log.ts";
import { type Fakehub, startFakehub } from "../../fakehub/fakehub.ts";
import type { Limits } from "../../fakehub/limits.ts";
import type { PullRequestHandle } from "../../fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../../fakehub/scenario/repository.ts";
import type { InlineCommentView, IssueCommentView } from "../../fakehub/scenario/views.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";

const intervalMs = 300_000;
const dayMs = 86_400_000;

const twoTiers: PollSchedule = {
  intervalMs,
  windowMs: 14 * dayMs,
  tiers: [
    { maxAgeMs: dayMs, everyCycles: 1 },
    { maxAgeMs: 14 * dayMs, everyCycles: 12 },
  ],
};

interface Posted {
  readonly repository: RepositoryHandle;
  readonly pull: PullRequestHandle;
  readonly pullRequestId: string;
  readonly inline: readonly InlineCommentView[];
  readonly summary: IssueCommentView;
}

export interface PollWorld extends AsyncDisposable {
  readonly hub: Fakehub;
  readonly databaseUrl: string;
  readonly ctx: ForgeContext;
  /** A pull request of this owner with a summary and so many inline comments of ours. */
  readonly post: (
    owner: string,
    inline: number,
    repository?: { readonly private?: boolean },
  ) => Promise<Posted>;
  /** One cycle, with the memory of those before. */
  readonly poll: (signal?: AbortSignal) => Promise<CycleSummary>;
  /** Time goes on by one interval; then a cycle. */
  readonly nextPoll: () => Promise<CycleSummary>;
  /** What a process holds in memory is gone. */
  readonly restart: () => void;
  /** `eve: +1` for each reaction that stands, sorted. */
  readonly reactions: () => Promise<readonly string[]>;
  readonly feedback: () => Promise<readonly (typeof reviewFeedback.$inferSelect)[]>;
  readonly comments: () => Promise<readonly (typeof reviewComments.$inferSelect)[]>;
}

export async function startPollWorld(
  limits: Partial<Limits> = {},
  maxPointsPerHour = 1_000,
  schedule: PollSchedule = twoTiers,
  { callsPerHour = maxCallsPerHour, turnMs = Number.POSITIVE_INFINITY } = {},
): Promise<PollWorld> {
  const hub = await startFakehub({ limits });
  const database = await createTestDatabase();
  const { db } = database;
  const log = createLog("silent", {});
  const { id: appId, privateKey } = hub.app;
  const createForge = () => createGitHub({ apiUrl: hub.apiUrl, appId, privateKey, log, writeSpacingMs: 0 });
  const ctx = { db, log, forge: createForge() };
  const resting = new Map<number, Date>();
  const budget = createHourlyBudget(maxPointsPerHour);
  const calls = createHourlyBudget(callsPerHour);
  const poll = (signal = new AbortController().signal) =>
    pollComments(ctx, { schedule, budget, calls, resting, turnMs, signal });
  const feedback = () => db.select().from(reviewFeedback).orderBy(reviewFeedback.id);
  return {
    hub,
    databaseUrl: database.url,
    ctx,
    post: (...wanted) => post({ hub, ctx }, ...wanted),
    poll,
    restart: () => {
      ctx.forge = createForge();
      resting.clear();
    },
    nextPoll: async () => {
      await advanceClock(db, intervalMs);
      return await poll();
    },
    reactions: async () => {
      const standing = (await feedback()).filter(({ removedAt }) => removedAt === null);
      return standing.map(({ reactorLogin, content }) => `${reactorLogin}: ${content}`).sort();
    },
    feedback,
    comments: () => db.select().from(reviewComments).orderBy(reviewComments.id),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await hub.close();
    },
  };
}

async function post(
  { hub, ctx }: Pick<PollWorld, "hub" | "ctx">,
  ...[owner, inline, wanted = {}]: Parameters<PollWorld["post"]>
): Promise<Posted> {
  const lines = Array.from({ length: Math.max(inline, 1) }, (_, index) => `line ${index}\n`).join("");
  const name = `shop-${Bun.randomUUIDv7()}`;
  const repository = await hub.createRepository({ owner, name, ...wanted });
  const files = { "cart.txt": lines };
  const pull = await repository.openPullRequest({ author: "eve", title: "Add cart", branch: "cart", files });
  const installationId = hub.installation(owner).id;
  const ref = { installationId, repositoryId: repository.id, fullName: repository.fullName };
  await ctx.forge.createComment(ref, pull.number, "summary");
  if (inline > 0) {
    const comments = Array.from({ length: inline }, (_, index) => ({
      path: "cart.txt",
      line: index + 1,
      startLine: null,
      body: `finding ${index}`,
    }));
    await ctx.forge.createReview(ref, pull.number, { headSha: pull.headSha, body: "review", comments });
  }
  const pullRequestId = await insertRows(ctx, pull, ref);
  const [summary] = pull.issueComments();
  if (!summary) throw new Error("the summary was not posted");
  return { repository, pull, pullRequestId, inline: pull.inlineComments(), summary };
}

interface Ref {
  readonly installationId: number;
  readonly repositoryId: number;
  readonly fullName: string;
}

async function insertRows(
  { db, forge: { kind: forge, host } }: ForgeContext,
  pull: PullRequestHandle,
  ref: Ref,
): Promise<string> {
  const place = { forge, host };
  const [ownerId, repositoryId, pullRequestId] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const owner = {
    ...place,
    externalId: ref.repositoryId,
    login: ref.fullName,
    kind: "organization",
  } as const;
  await db.insert(owners).values({ ...owner, id: ownerId, maxRunning: 4 });
  const [installation] = await db
    .insert(installations)
    .values({ ...place, id: Bun.randomUUIDv7(), ownerId, externalId: ref.installationId })
    .onConflictDoUpdate({
      target: [installations.forge, installations.host, installations.externalId],
      set: { status: "active" },
    })
    .returning();
  await db.insert(repositories).values({
    ...place,
    id: repositoryId,
    ownerId,
    installationId: installation?.id ?? null,
    externalId: ref.repositoryId,
    fullName: ref.fullName,
    private: false,
  });
  await db.insert(pullRequests).values({
    id: pullRequestId,
    repositoryId,
    number: pull.number,
    state: "open",
    title: pull.title,
    headSha: pull.headSha,
    baseRef: "main",
    baseSha: pull.baseSha,
    forgeUpdatedAt: new Date(),
  });
  await capture({ db, place, pull, ids: { ownerId, repositoryId, pullRequestId } });
  return pullRequestId;
}

async function capture({
  db,
  place,
  pull,
  ids,
}: {
  readonly db: ForgeContext["db"];
  readonly place: { readonly forge: "github"; readonly host: string };
  readonly pull: PullRequestHandle;
  readonly ids: { readonly ownerId: string; readonly repositoryId: string; readonly pullRequestId: string };
}): Promise<void> {
  const { pullRequestId } = ids;
  const task = { trigger: "webhook", outputMode: "forge", headSha: pull.headSha, baseRef: "main" } as const;
  await db.transaction(async (tx) => {
    const { id: taskId } = await insertTask(tx, {
      ...ids,
      ...task,
      priority: 0,
      maxAttempts: 3,
      createdBy: null,
    });
    const publicationId = Bun.randomUUIDv7();
    await tx.insert(publications).values({
      id: publicationId,
      taskId,
      pullRequestId,
      kind: "review",
      state: "posted",
      payload: {},
      postedAt: new Date(),
    });
    const views = [...pull.inlineComments(), ...pull.issueComments()];
    await captureComments(
      tx,
      views.map((view) => ({
        ...place,
        taskId,
        publicationId,
        findingId: null,
        pullRequestId,
        kind: view.kind === "inline" ? ("inline" as const) : ("summary" as const),
        externalId: view.id,
        nodeId: view.nodeId,
        path: view.kind === "inline" ? view.path : null,
        line: view.kind === "inline" ? view.line : null,
        url: pull.url,
        postedAt: new Date(view.createdAt),
      })),
    );
  });
}
