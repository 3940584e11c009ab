/**
 * What the claimers work on: owners with small caps, one of them with half of all tasks, few pull requests for all that
 * is queued; and what people and webhooks do to them meanwhile.
 */
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { changeCapacity, lockPlaces } from "../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../src/adapters/postgres/tasks.ts";
import { inTransaction } from "../../src/adapters/postgres/transaction.ts";
import { requestReview } from "../../src/domain/task/request-review.ts";
import { cancelTask } from "../../src/domain/task/stop-tasks.ts";
import { createLog } from "../../src/log.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../test/support/seed.ts";
import { clockUs } from "./chaos-record.ts";
import type { CapChange } from "./chaos-sweep.ts";

export interface ChaosWorld {
  readonly db: Db;
  /** Of every owner, at first and in the end. */
  readonly caps: ReadonlyMap<string, number>;
  /** Owners whose caps change. Those of the others never do, so that the sweep over their runs has no leeway. */
  readonly unsteadyOwners: readonly string[];
  readonly hogPullRequests: readonly SeededPullRequest[];
  readonly pullRequests: readonly SeededPullRequest[];
  /** Those that get new heads. Few tasks wait on each: a new head stops what is unfinished. */
  readonly pushedPullRequests: readonly SeededPullRequest[];
  /** Tasks that were answered to be queued. */
  readonly queued: string[];
  readonly capChanges: CapChange[];
}

const caps = [1, 2, 4] as const;
const hog = { cap: 8, pullRequests: 60 };
const pullRequestsEach = 6;
const unsteadyEvery = 3;
/** 0 for an owner that may run nothing for a while. */
const changedCaps = [0, 1, 2, 3, 4] as const;

const shares = { hog: 0.5, pushed: 0.04, app: 0.15, ofAnotherOwner: 0.1 };
const priorities = [-10, 0, 10] as const;
const maxAttempts = 5;
/** A cancelled task is one of so many that were queued last. */
const cancelAmong = 500;

export async function seedChaos(db: Db, ownerCount: number): Promise<ChaosWorld> {
  const capOf = new Map<string, number>();
  const add = async (cap: number) => {
    const ownerId = await seedOwner(db, cap);
    capOf.set(ownerId, cap);
    return ownerId;
  };
  const open = (ownerId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => seedPullRequest(db, ownerId)));

  const hogPullRequests = await open(await add(hog.cap), hog.pullRequests);
  const pullRequests: SeededPullRequest[] = [];
  const pushedPullRequests: SeededPullRequest[] = [];
  const unsteadyOwners: string[] = [];
  for (let number = 0; number < ownerCount; number++) {
    const ownerId = await add(draw(caps, number));
    pullRequests.push(...(await open(ownerId, pullRequestsEach)));
    pushedPullRequests.push(...(await open(ownerId, 1)));
    if (number % unsteadyEvery === 0) unsteadyOwners.push(ownerId);
  }
  const nothing = { queued: [], capChanges: [] };
  return { db, caps: capOf, unsteadyOwners, hogPullRequests, pullRequests, pushedPullRequests, ...nothing };
}

/** Queues a task, by a call or by a push. */
export async function queueOne(world: ChaosWorld): Promise<void> {
  if (Math.random() < shares.pushed) return await push(world, draw(world.pushedPullRequests));
  const isHogs = Math.random() < shares.hog;
  const pullRequest = draw(isHogs ? world.hogPullRequests : world.pullRequests);
  // A person's own task on an organization's pull request.
  const other = !isHogs && Math.random() < shares.ofAnotherOwner ? draw(world.pullRequests) : pullRequest;
  const task = newTask(pullRequest, {
    ownerId: other.ownerId,
    outputMode: Math.random() < shares.app ? "app" : "forge",
    priority: draw(priorities),
    maxAttempts,
  });
  const { id } = await insertTask(world.db, task);
  world.queued.push(id);
}

const plain = {
  ...{ draft: false, authorIsBot: false, authorExternalId: null },
  ...{ labels: [], fromFork: false, pausedAt: null },
};

/** As a webhook's intake does it: pull request and owner are locked, then the review is asked for. */
async function push({ db, queued }: ChaosWorld, pushed: SeededPullRequest): Promise<void> {
  const { ownerId, repositoryId, pullRequestId } = pushed;
  const head = newTask(pushed, { headSha: Bun.randomUUIDv7().replaceAll("-", "").padEnd(40, "0") });
  const answer = await inTransaction(db, async (tx) => {
    await lockPlaces(tx, { pullRequestIds: [pullRequestId], ownerIds: [ownerId] });
    return await requestReview(tx, {
      repository: { id: repositoryId, reviewMode: "on" },
      pullRequest: { ...head, id: pullRequestId, ...plain },
      owner: { id: ownerId, plan: "active" },
      trigger: "webhook",
      maxAttempts,
    });
  });
  queued.push(answer.taskId);
}

export async function cancelOne({ db, queued }: ChaosWorld): Promise<void> {
  const taskId = queued[queued.length - 1 - Math.floor(Math.random() * Math.min(cancelAmong, queued.length))];
  if (taskId !== undefined) await cancelTask({ db, log: createLog("silent", {}) }, taskId);
}

/** @param again asks until it is answered: whether a call without an answer changed the cap cannot be known */
export async function changeOneCap(world: ChaosWorld, again: Persist): Promise<void> {
  await changeCap(world, draw(world.unsteadyOwners), draw(changedCaps), again);
}

export async function restoreCaps(world: ChaosWorld, again: Persist): Promise<void> {
  for (const ownerId of world.unsteadyOwners) {
    await changeCap(world, ownerId, world.caps.get(ownerId) ?? 1, again);
  }
}

export type Persist = (act: () => Promise<void>) => Promise<void>;

async function changeCap(
  { db, capChanges }: ChaosWorld,
  ownerId: string,
  cap: number,
  again: Persist,
): Promise<void> {
  const askedAt = clockUs();
  await again(() => changeCapacity(db, ownerId, { maxRunning: cap, weight: 1 }));
  capChanges.push({ ownerId, cap, askedAt, answeredAt: clockUs() });
}

/** At random unless the place is given. */
function draw<T>(items: readonly T[], at = Math.floor(Math.random() * items.length)): T {
  const item = items[at % items.length];
  if (item === undefined) throw new Error("there is nothing to draw from");
  return item;
}
