/** Somebody who uses the forge by hand. */

import { rerequestCheckRun } from "../acts/checks.ts";
import {
  createIssueComment,
  deleteIssueComment,
  deleteReviewComment,
  editIssueComment,
  editReviewComment,
  replyToComment,
} from "../acts/comments.ts";
import { react, unreact } from "../acts/reactions.ts";
import { createReview, dismissReview, editReview } from "../acts/reviews.ts";
import { resolveThread, unresolveThread } from "../acts/threads.ts";
import type { Account, IssueComment, ReactionContent, Review, ReviewComment } from "../state.ts";
import type { World } from "../world.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import {
  type CheckView,
  type CommentView,
  type InlineCommentView,
  type IssueCommentView,
  type ReviewView,
  viewInlineComment,
  viewIssueComment,
} from "./views.ts";

export class PersonHandle {
  readonly #world: World;
  readonly #account: Account;

  constructor(world: World, account: Account) {
    this.#world = world;
    this.#account = account;
  }

  get id(): number {
    return this.#account.id;
  }

  get login(): string {
    return this.#account.login;
  }

  async react(comment: CommentView | ReviewView, content: ReactionContent): Promise<void> {
    react(this.#world, this.#reactable(comment), this.#account, content);
  }

  async unreact(comment: CommentView | ReviewView, content: ReactionContent): Promise<void> {
    unreact(this.#reactable(comment), (r) => r.author === this.#account && r.content === content);
  }

  async comment(pull: PullRequestHandle, body: string): Promise<IssueCommentView> {
    return viewIssueComment(createIssueComment(this.#world, pull.record, this.#account, body));
  }

  async reply(comment: InlineCommentView, body: string): Promise<InlineCommentView> {
    return viewInlineComment(replyToComment(this.#world, this.#inline(comment), this.#account, body));
  }

  async editComment(comment: CommentView, body: string): Promise<void> {
    if (comment.kind === "inline") editReviewComment(this.#world, this.#inline(comment), body, this.#account);
    else editIssueComment(this.#world, this.#issue(comment), body, this.#account);
  }

  async deleteComment(comment: CommentView): Promise<void> {
    if (comment.kind === "inline") deleteReviewComment(this.#world, this.#inline(comment), this.#account);
    else deleteIssueComment(this.#world, this.#issue(comment), this.#account);
  }

  async resolveThread(comment: InlineCommentView): Promise<void> {
    resolveThread(this.#world, this.#inline(comment).thread, this.#account);
  }

  async unresolveThread(comment: InlineCommentView): Promise<void> {
    unresolveThread(this.#world, this.#inline(comment).thread, this.#account);
  }

  async review(pull: PullRequestHandle, body: string): Promise<void> {
    const request = { pull: pull.record, author: this.#account, body, comments: [] };
    await createReview(this.#world, { ...request, commitId: undefined, event: "COMMENT" });
  }

  async editReview(review: ReviewView, body: string): Promise<void> {
    editReview(this.#world, this.#review(review), body, this.#account);
  }

  async dismissReview(review: ReviewView): Promise<void> {
    dismissReview(this.#world, this.#review(review), this.#account);
  }

  /** Presses "Re-run" on a check. */
  async rerun(check: CheckView): Promise<void> {
    const run = this.#world.checkRuns.get(check.id);
    if (!run) throw new Error(`check run ${check.id} is gone`);
    rerequestCheckRun(this.#world, run, this.#account);
  }

  /** Its number stays. */
  async rename(login: string): Promise<void> {
    this.#account.login = login;
  }

  /** The account goes; what it wrote and how it reacted stays, by nobody. */
  async deleteAccount(): Promise<void> {
    this.#account.deleted = true;
  }

  #reactable(target: CommentView | ReviewView) {
    if ("kind" in target) return target.kind === "inline" ? this.#inline(target) : this.#issue(target);
    return this.#review(target);
  }

  #review(view: ReviewView): Review {
    const review = this.#world.reviews.get(view.id);
    if (!review) throw new Error(`review ${view.id} is gone`);
    return review;
  }

  #inline(view: InlineCommentView): ReviewComment {
    const comment = this.#world.reviewComments.get(view.id);
    if (!comment) throw new Error(`inline comment ${view.id} is gone`);
    return comment;
  }

  #issue(view: IssueCommentView): IssueComment {
    const comment = this.#world.issueComments.get(view.id);
    if (!comment) throw new Error(`comment ${view.id} is gone`);
    return comment;
  }
}
