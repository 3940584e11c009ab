/** What happens to pull requests, each with the webhook GitHub sends for it. */
import { pullSize } from "../pull-diff.ts";
import { renderLabel, renderPull } from "../render/pull.ts";
import type { Account, PullRequest, Repository } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import { moveComments } from "./outdating.ts";

export interface NewPull {
  readonly repository: Repository;
  readonly author: Account;
  readonly title: string;
  readonly body: string | null;
  readonly headRepository: Repository;
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly draft: boolean;
  readonly labels: readonly string[];
}

export async function openPull(world: World, request: NewPull): Promise<PullRequest> {
  const { repository } = request;
  repository.lastNumber += 1;
  const now = world.clock.now();
  const pull: PullRequest = {
    ...world.nextId("pull"),
    ...request,
    number: repository.lastNumber,
    labels: [...request.labels],
    headHistory: [request.headSha],
    baseSha: await repository.git.getCommit(request.baseRef),
    state: "open",
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
  };
  await keepHead(pull);
  world.pulls.push(pull);
  world.nodes.set(pull.nodeId, pull);
  await emitPull(world, pull, "opened", request.author);
  return pull;
}

/** After its branch moved; a closed pull request no longer follows its branch. */
export async function synchronizePull(
  world: World,
  pull: PullRequest,
  headSha: string,
  by: Account,
): Promise<void> {
  if (pull.state === "closed") return;
  const before = pull.headSha;
  await moveHead(world, pull, headSha);
  await emitPull(world, pull, "synchronize", by, { before, after: headSha });
}

async function moveHead(world: World, pull: PullRequest, headSha: string): Promise<void> {
  pull.headSha = headSha;
  pull.headHistory.push(headSha);
  pull.baseSha = await pull.repository.git.getCommit(pull.baseRef);
  await keepHead(pull);
  await moveComments(world, pull);
}

export async function closePull(
  world: World,
  pull: PullRequest,
  merged: boolean,
  by: Account,
): Promise<void> {
  const now = world.clock.now();
  pull.state = "closed";
  pull.closedAt = now;
  if (merged) {
    pull.mergedAt = now;
    pull.mergedBy = by;
    pull.mergeCommitSha = await mergePull(world, pull, by);
  }
  await emitPull(world, pull, "closed", by);
}

/** It goes on from where its branch is by now. */
export async function reopenPull(world: World, pull: PullRequest, by: Account): Promise<void> {
  pull.state = "open";
  pull.closedAt = null;
  const tip = await pull.headRepository.git.getCommit(pull.headRef);
  if (tip !== pull.headSha) await moveHead(world, pull, tip);
  await emitPull(world, pull, "reopened", by);
}

export async function setDraft(world: World, pull: PullRequest, draft: boolean, by: Account): Promise<void> {
  pull.draft = draft;
  await emitPull(world, pull, draft ? "converted_to_draft" : "ready_for_review", by);
}

export async function labelPull(world: World, pull: PullRequest, name: string, by: Account): Promise<void> {
  if (!pull.labels.includes(name)) pull.labels.push(name);
  await emitPull(world, pull, "labeled", by, { label: renderLabel(world, pull.repository, name) });
}

export async function unlabelPull(world: World, pull: PullRequest, name: string, by: Account): Promise<void> {
  pull.labels = pull.labels.filter((label) => label !== name);
  await emitPull(world, pull, "unlabeled", by, { label: renderLabel(world, pull.repository, name) });
}

export async function retargetPull(
  world: World,
  pull: PullRequest,
  baseRef: string,
  by: Account,
): Promise<void> {
  const changes = { base: { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } } };
  pull.baseRef = baseRef;
  pull.baseSha = await pull.repository.git.getCommit(baseRef);
  await moveComments(world, pull);
  await emitPull(world, pull, "edited", by, { changes });
}

export async function retitlePull(
  world: World,
  pull: PullRequest,
  title: string,
  by: Account,
): Promise<void> {
  const changes = { title: { from: pull.title } };
  pull.title = title;
  await emitPull(world, pull, "edited", by, { changes });
}

async function mergePull(world: World, pull: PullRequest, by: Account): Promise<string> {
  const { git } = pull.repository;
  const base = await git.getCommit(pull.baseRef);
  const author = { name: by.login, email: `${by.login}@users.noreply.example.com` };
  const message = `Merge pull request #${pull.number}\n\n${pull.title}`;
  const sha = await git.merge({ base, head: pull.headSha, message, author, timeMs: world.clock.nowMs() });
  await git.updateRef(`refs/heads/${pull.baseRef}`, sha);
  return sha;
}

/** `refs/pull/N/head` outlives the branch and the fork. */
async function keepHead(pull: PullRequest): Promise<void> {
  const { repository, headRepository, headSha } = pull;
  const ref = `refs/pull/${pull.number}/head`;
  if (repository === headRepository) await repository.git.updateRef(ref, headSha);
  else await repository.git.fetchFrom(headRepository.git, headSha, ref);
}

async function emitPull(
  world: World,
  pull: PullRequest,
  action: string,
  sender: Account,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  pull.updatedAt = world.clock.now();
  const payload = {
    number: pull.number,
    pull_request: renderPull(world, pull, await pullSize(pull)),
    ...extra,
  };
  emitForRepository(world, pull.repository, { event: "pull_request", action, sender, payload });
}
