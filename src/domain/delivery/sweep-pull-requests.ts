/** Looks through a repository's open pull requests for heads nobody told of, and for closed ones we take for open. */
import type { Installation, PullRequestFacts, RepositoryFacts } from "../../adapters/forge/forge.ts";
import { getDatabaseTime } from "../../adapters/postgres/clock.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { countForkReviewsByAuthor } from "../../adapters/postgres/fork-reviews.ts";
import type { Owner } from "../../adapters/postgres/owners.ts";
import {
  ensurePullRequest,
  factsOf,
  type PullRequest,
  updatePullRequest,
} from "../../adapters/postgres/pull-requests.ts";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import { findStoredConfigurations } from "../../adapters/postgres/repository-configurations.ts";
import { makeCommentsDue } from "../../adapters/postgres/review-comments.ts";
import { findKnownPullRequests, findRepositoryAndOwner } from "../../adapters/postgres/sweep-views.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { gateRulesOf } from "../configuration/gate-rules.ts";
import { ifThere } from "../review/if-there.ts";
import { requestReview } from "../task/request-review.ts";
import { stopTasks } from "../task/stop-tasks.ts";
import type { EventPlace } from "./delivery-event.ts";
import { storePlace } from "./store-place.ts";
import type { SweepContext, SweepCounts } from "./sweep-context.ts";
import { isMissed } from "./sweep-decision.ts";

export interface SweptRepository {
  readonly installation: Installation;
  readonly repository: RepositoryFacts;
}

export async function sweepPullRequests(
  ctx: SweepContext,
  swept: SweptRepository,
  counts: SweepCounts,
): Promise<void> {
  const { forge, host } = ctx.intake;
  const stored = await findRepositoryAndOwner(ctx.db, { forge, host, externalId: swept.repository.id });
  if (!stored) return;
  const { repository, owner } = stored;
  const listed = await Array.fromAsync(ctx.forge.listOpenPullRequests(refOf(swept)));
  const numbers = listed.map(({ number }) => number);
  const known = await findKnownPullRequests(ctx.db, repository.id, numbers);
  const knownByNumber = new Map(known.map((one) => [one.row.number, one]));
  const gateFactsOf = await loadGateFacts(ctx.db, repository, owner);
  counts.swept++;
  counts.pullRequests += listed.length;

  for (const facts of listed) {
    if (ctx.signal.aborted) return;
    const one = knownByNumber.get(facts.number);
    if (!isMissed(facts, one ?? null, gateFactsOf(facts))) continue;
    if (one) await catchUpKnown(ctx, swept, one.row, counts);
    else await catchUp(ctx, swept, { facts, known: null }, counts);
  }
  const listedNumbers = new Set(numbers);
  const unlisted = known.filter(({ row }) => row.state === "open" && !listedNumbers.has(row.number));
  for (const { row } of unlisted) await catchUpKnown(ctx, swept, row, counts);
}

/** What decides beside the pull request itself, for all of a repository's. */
async function loadGateFacts(db: SweepContext["db"], { id, reviewMode }: Repository, owner: Owner) {
  const stored = await findStoredConfigurations(db, id);
  const storedOf = new Map(stored.map((one) => [one.baseRef, one]));
  const forkReviews = await countForkReviewsByAuthor(db, id);
  return ({ baseRef, author }: PullRequestFacts) => ({
    reviewMode,
    plan: owner.plan,
    rules: gateRulesOf({ owner: owner.reviewSettings, repository: storedOf.get(baseRef) ?? null }),
    forkReviews: forkReviews.get(author?.id ?? null) ?? 0,
  });
}

/** The list was made before the row was read, and may be older than it: only an answer given now settles it. */
async function catchUpKnown(
  ctx: SweepContext,
  swept: SweptRepository,
  known: PullRequest,
  counts: SweepCounts,
): Promise<void> {
  const told = await ifThere(ctx.forge.getPullRequest(refOf(swept), known.number));
  // Hidden with its author's account, say. Nothing can be reviewed there; if it comes back, it is open again.
  const facts = told ?? { ...factsOf(known), state: "closed", closedAt: await now(ctx) };
  await catchUp(ctx, swept, { facts, known }, counts);
}

/** What the forge says, and the row as it was before the forge was asked; null: there was none. */
interface Missed {
  readonly facts: PullRequestFacts;
  readonly known: PullRequest | null;
}

async function catchUp(
  ctx: SweepContext,
  swept: SweptRepository,
  missed: Missed,
  counts: SweepCounts,
): Promise<void> {
  const found = await inTransaction(ctx.db, (tx) => store(tx, ctx, swept, missed));
  counts[found.result]++;
  const { number, headSha } = missed.facts;
  ctx.log.info({ repository: swept.repository.fullName, number, headSha, ...found }, "swept");
}

interface Found {
  readonly result: "queued" | "skipped" | "closed" | "raced";
  readonly taskId?: string;
}

/** Changes nothing where the row is not what it was when the forge was asked: an event came at the same moment. */
async function store(
  tx: Tx,
  { intake }: SweepContext,
  swept: SweptRepository,
  { facts, known }: Missed,
): Promise<Found> {
  const { owner, installation, repository } = await storePlace(tx, intake, placeOf(swept));
  if (installation?.status !== "active") return { result: "raced" };
  const place = { repositoryId: repository.id, ownerId: owner.id };
  const { row, created, plan } = await ensurePullRequest(tx, { ...place, facts });
  if (!created && (!known || !isSame(row, known) || isOlder(facts, row))) return { result: "raced" };
  const pullRequest = created ? row : await updatePullRequest(tx, row.id, facts);
  if (!created) await makeCommentsDue(tx, row.id);
  if (facts.state === "closed") {
    const stop = { pullRequestIds: [row.id], reason: "closed", automaticOnly: false } as const;
    const [taskId] = await stopTasks(tx, stop);
    return { result: "closed", ...(taskId && { taskId }) };
  }
  const { taskMaxAttempts: maxAttempts } = intake;
  const asker = { owner: { id: owner.id, plan }, trigger: "sweep", maxAttempts } as const;
  const request = { ...asker, repository, pullRequest };
  const { outcome, taskId } = await requestReview(tx, request);
  return { result: outcome === "ignored" ? "raced" : outcome, taskId };
}

/** The forge tells no time, so what counts from the closing counts from when it was seen. */
async function now({ db }: SweepContext): Promise<string> {
  return (await getDatabaseTime(db)).toISOString();
}

function isSame(row: PullRequest, known: PullRequest): boolean {
  return (
    row.forgeUpdatedAt.getTime() === known.forgeUpdatedAt.getTime() &&
    row.state === known.state &&
    row.headSha === known.headSha &&
    row.baseRef === known.baseRef &&
    row.draft === known.draft
  );
}

function isOlder(facts: PullRequestFacts, row: PullRequest): boolean {
  return Date.parse(facts.updatedAt) < row.forgeUpdatedAt.getTime();
}

function refOf({ installation, repository: { id: repositoryId, fullName } }: SweptRepository) {
  return { installationId: installation.id, repositoryId, fullName };
}

/** An installation covers repositories of its own account only. */
function placeOf({ installation, repository }: SweptRepository): EventPlace {
  return { repository: { ...repository, owner: installation.account }, installationId: installation.id };
}
