/** A pull request in a scenario's hands: what its author and maintainers do, and what is on it. */
import {
  closePull,
  labelPull,
  reopenPull,
  retargetPull,
  retitlePull,
  setDraft,
  synchronizePull,
  unlabelPull,
} from "../acts/pulls.ts";
import { pushCommit } from "../acts/repositories.ts";
import type { Files } from "../git/fast-import.ts";
import { pullHtmlUrl } from "../render/pull.ts";
import type { PullRequest } from "../state.ts";
import type { World } from "../world.ts";
import {
  type CheckView,
  type InlineCommentView,
  type IssueCommentView,
  type ReviewView,
  viewChecks,
  viewInlineComments,
  viewIssueComments,
  viewReviews,
} from "./views.ts";

export class PullRequestHandle {
  readonly #world: World;
  readonly #pull: PullRequest;

  constructor(world: World, pull: PullRequest) {
    this.#world = world;
    this.#pull = pull;
  }

  get number(): number {
    return this.#pull.number;
  }

  get id(): number {
    return this.#pull.id;
  }

  get title(): string {
    return this.#pull.title;
  }

  get state(): "open" | "closed" {
    return this.#pull.state;
  }

  get headSha(): string {
    return this.#pull.headSha;
  }

  get baseSha(): string {
    return this.#pull.baseSha;
  }

  /** Its page, for people. */
  get url(): string {
    return pullHtmlUrl(this.#world, this.#pull);
  }

  /** One more commit on its branch; answers the new head. */
  async push({ files, message }: { readonly files: Files; readonly message?: string }): Promise<string> {
    const { headRepository, headRef } = this.#pull;
    return await this.#commit(await headRepository.git.getCommit(headRef), files, message ?? "Push");
  }

  /** Moves its branch to a commit it had before, or rewrites its last commit with other files. */
  async forcePush(
    request: { readonly to: string } | { readonly files: Files; readonly message?: string },
  ): Promise<string> {
    if (!("to" in request)) {
      const { git } = this.#pull.headRepository;
      const [parent = null] = (await git.readCommit(this.#pull.headSha)).parents;
      return await this.#commit(parent, request.files, request.message ?? "Rewrite");
    }
    await this.#pull.headRepository.git.updateRef(`refs/heads/${this.#pull.headRef}`, request.to);
    await synchronizePull(this.#world, this.#pull, request.to, this.#pull.author);
    return request.to;
  }

  async #commit(parent: string | null, files: Files, message: string): Promise<string> {
    const { headRef: branch, author, headRepository } = this.#pull;
    const sha = await pushCommit(this.#world, headRepository, { branch, parent, files, message, author });
    await synchronizePull(this.#world, this.#pull, sha, author);
    return sha;
  }

  async close({ merged }: { readonly merged: boolean } = { merged: false }): Promise<void> {
    await closePull(this.#world, this.#pull, merged, this.#pull.author);
  }

  async reopen(): Promise<void> {
    await reopenPull(this.#world, this.#pull, this.#pull.author);
  }

  async markReady(): Promise<void> {
    await setDraft(this.#world, this.#pull, false, this.#pull.author);
  }

  async convertToDraft(): Promise<void> {
    await setDraft(this.#world, this.#pull, true, this.#pull.author);
  }

  async label(name: string): Promise<void> {
    await labelPull(this.#world, this.#pull, name, this.#pull.author);
  }

  async unlabel(name: string): Promise<void> {
    await unlabelPull(this.#world, this.#pull, name, this.#pull.author);
  }

  /** Onto another base branch, which must exist. */
  async retarget(baseRef: string): Promise<void> {
    await retargetPull(this.#world, this.#pull, baseRef, this.#pull.author);
  }

  async retitle(title: string): Promise<void> {
    await retitlePull(this.#world, this.#pull, title, this.#pull.author);
  }

  /** The fork it came from disappears; its commits stay with the base. */
  deleteFork(): void {
    if (this.#pull.headRepository === this.#pull.repository) throw new Error("it does not come from a fork");
    this.#pull.headRepository.deleted = true;
  }

  reviews(): ReviewView[] {
    return viewReviews(this.#world, this.#pull);
  }

  inlineComments(): InlineCommentView[] {
    return viewInlineComments(this.#world, this.#pull);
  }

  issueComments(): IssueCommentView[] {
    return viewIssueComments(this.#world, this.#pull);
  }

  checks(): CheckView[] {
    return viewChecks(this.#world, this.#pull);
  }

  /** The record itself, for the other handles. */
  get record(): PullRequest {
    return this.#pull;
  }
}
