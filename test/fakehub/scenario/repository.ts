/** A repository in a scenario's hands. */
import { announceRepositories, ensureAccount } from "../acts/accounts.ts";
import { openPull, synchronizePull } from "../acts/pulls.ts";
import { ensureFork, pushCommit, renameRepository } from "../acts/repositories.ts";
import type { Files } from "../git/fast-import.ts";
import { fullName } from "../render/repository.ts";
import type { Account, Repository, Role } from "../state.ts";
import type { World } from "../world.ts";
import { PullRequestHandle } from "./pull-request.ts";

export interface PullRequestRequest {
  readonly author: string;
  readonly title: string;
  readonly branch: string;
  /** On top of the base; null removes a file. */
  readonly files: Files;
  readonly body?: string;
  readonly base?: string;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
  /** From a fork of the author's, who then needs no right to push. */
  readonly fromFork?: boolean;
}

export class RepositoryHandle {
  readonly #world: World;
  readonly record: Repository;

  constructor(world: World, repository: Repository) {
    this.#world = world;
    this.record = repository;
  }

  get id(): number {
    return this.record.id;
  }

  get fullName(): string {
    return fullName(this.record);
  }

  /** For `git clone`; a private one wants an installation token. */
  get cloneUrl(): string {
    return `${this.#world.origin}/${this.fullName}.git`;
  }

  async openPullRequest(request: PullRequestRequest): Promise<PullRequestHandle> {
    const author = ensureAccount(this.#world, request.author);
    const baseRef = request.base ?? this.record.defaultBranch;
    const headRepository = await this.#headRepository(author, request.fromFork ?? false);
    const headSha = await pushCommit(this.#world, headRepository, {
      branch: request.branch,
      parent: await this.record.git.getCommit(baseRef),
      files: request.files,
      message: request.title,
      author,
    });
    const pull = await openPull(this.#world, {
      repository: this.record,
      author,
      title: request.title,
      body: request.body ?? null,
      headRepository,
      headRef: request.branch,
      headSha,
      baseRef,
      draft: request.draft ?? false,
      labels: request.labels ?? [],
    });
    return new PullRequestHandle(this.#world, pull);
  }

  async #headRepository(author: Account, fromFork: boolean): Promise<Repository> {
    if (fromFork) return await ensureFork(this.#world, this.record, author);
    if (author !== this.record.owner && !this.record.roles.has(author))
      this.record.roles.set(author, "write");
    return this.record;
  }

  /** A commit on a branch, which is made from the default branch when it is new. Pull requests of the branch follow. */
  async push({
    branch,
    files,
    author,
  }: {
    readonly branch?: string;
    readonly files: Files;
    readonly author?: string;
  }): Promise<string> {
    const { git, defaultBranch } = this.record;
    const name = branch ?? defaultBranch;
    const by = author === undefined ? this.record.owner : ensureAccount(this.#world, author);
    const parent = (await git.findCommit(`refs/heads/${name}`)) ?? (await git.findCommit(defaultBranch));
    const sha = await pushCommit(this.#world, this.record, {
      branch: name,
      parent,
      files,
      message: "Push",
      author: by,
    });
    for (const pull of this.#world.pulls)
      if (pull.headRepository === this.record && pull.headRef === name)
        await synchronizePull(this.#world, pull, sha, by);
    return sha;
  }

  setRole(login: string, role: Role): void {
    this.record.roles.set(ensureAccount(this.#world, login), role);
  }

  /** Its number stays; its old name answers 301. */
  rename(name: string): void {
    renameRepository(this.#world, this.record, name);
  }

  delete(): void {
    this.record.deleted = true;
  }

  /** Takes it out of the App's installation, or puts it back. */
  setInstalled(installed: boolean): void {
    const { owner } = this.record;
    const installation = this.#world.installations.find((i) => i.account === owner && !i.deleted);
    if (!installation) throw new Error(`the App is not installed on ${owner.login}`);
    this.record.installed = installed;
    installation.repositorySelection = "selected";
    announceRepositories(this.#world, installation, this.record);
  }
}
