/** Making repositories, forking them and pushing to them. */
import { join } from "node:path";
import type { Files } from "../git/fast-import.ts";
import { GitStore } from "../git/git-store.ts";
import type { Account, Repository } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";

export interface NewRepository {
  readonly owner: Account;
  readonly name: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly parent: Repository | null;
  readonly installed: boolean;
}

export async function createRepository(world: World, request: NewRepository): Promise<Repository> {
  const ids = world.nextId("repository");
  const now = world.clock.now();
  const repository: Repository = {
    ...ids,
    ...request,
    formerNames: [],
    git: await GitStore.create(join(world.folder, `${ids.id}.git`), request.defaultBranch),
    deleted: false,
    roles: new Map(),
    lastNumber: 0,
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
  };
  world.repositories.push(repository);
  return repository;
}

/** The owner's fork, made when there is none, with the parent's default branch. */
export async function ensureFork(world: World, parent: Repository, owner: Account): Promise<Repository> {
  const known = world.repositories.find((r) => r.parent === parent && r.owner === owner && !r.deleted);
  if (known) return known;
  const { name, private: isPrivate, defaultBranch } = parent;
  const request = { owner, name, private: isPrivate, defaultBranch, parent, installed: false };
  const fork = await createRepository(world, request);
  const ref = `refs/heads/${parent.defaultBranch}`;
  await fork.git.fetchFrom(parent.git, await parent.git.getCommit(parent.defaultBranch), ref);
  return fork;
}

/** Its number stays; its old name answers 301 until another repository takes it. */
export function renameRepository(world: World, repository: Repository, name: string): void {
  const changes = { repository: { name: { from: repository.name } } };
  repository.formerNames.push(repository.name);
  repository.name = name;
  emitForRepository(world, repository, {
    event: "repository",
    action: "renamed",
    sender: repository.owner,
    payload: { changes },
  });
}

export interface Push {
  readonly branch: string;
  /** The commit to build on; null starts a history. */
  readonly parent: string | null;
  readonly files: Files;
  readonly message: string;
  readonly author: Account;
}

/** One new commit; answers its id. */
export async function pushCommit(world: World, repository: Repository, push: Push): Promise<string> {
  const { login, id } = push.author;
  const author = { name: login, email: `${id}+${login}@users.noreply.example.com` };
  repository.pushedAt = world.clock.now();
  return await repository.git.commit({ ...push, author, timeMs: world.clock.nowMs() });
}
