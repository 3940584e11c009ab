/** Pull requests as GitHub shows them, in lists and alone. */
import type { DiffFile } from "../git/diff-files.ts";
import type { Commit } from "../git/git-store.ts";
import type { Account, PullRequest, Repository } from "../state.ts";
import type { World } from "../world.ts";
import { renderUser, renderUserOrNull } from "./account.ts";
import { associationOf } from "./association.ts";
import { apiUrl, fullName, htmlUrl, renderRepository } from "./repository.ts";

/** What has to be asked of git before a pull request can be shown alone. */
export interface PullSize {
  readonly commits: readonly Commit[];
  readonly files: readonly DiffFile[];
}

export function pullUrl(world: World, pull: PullRequest): string {
  return `${apiUrl(world, pull.repository)}/pulls/${pull.number}`;
}

export function pullHtmlUrl(world: World, pull: PullRequest): string {
  return `${htmlUrl(world, pull.repository)}/pull/${pull.number}`;
}

export function renderPullSimple(world: World, pull: PullRequest) {
  const links = renderLinks(world, pull);
  return {
    url: pullUrl(world, pull),
    id: pull.id,
    node_id: pull.nodeId,
    html_url: pullHtmlUrl(world, pull),
    diff_url: `${pullHtmlUrl(world, pull)}.diff`,
    patch_url: `${pullHtmlUrl(world, pull)}.patch`,
    issue_url: links.issue.href,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: renderUserOrNull(world, pull.author),
    body: pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: pull.labels.map((name) => renderLabel(world, pull.repository, name)),
    milestone: null,
    draft: pull.draft,
    commits_url: links.commits.href,
    review_comments_url: links.review_comments.href,
    review_comment_url: links.review_comment.href,
    comments_url: links.comments.href,
    statuses_url: links.statuses.href,
    head: renderEnd(world, pull.headRepository, pull.headRef, pull.headSha),
    base: renderEnd(world, pull.repository, pull.baseRef, pull.baseSha),
    _links: links,
    author_association: associationOf(pull.repository, pull.author),
    auto_merge: null,
    active_lock_reason: null,
  };
}

export function renderPull(world: World, pull: PullRequest, size: PullSize) {
  const inline = [...world.reviewComments.values()].filter((comment) => comment.pull === pull);
  const conversation = [...world.issueComments.values()].filter((comment) => comment.pull === pull);
  return {
    ...renderPullSimple(world, pull),
    merged: pull.mergedAt !== null,
    mergeable: null,
    rebaseable: null,
    mergeable_state: "unknown",
    merged_by: renderUserOrNull(world, pull.mergedBy),
    comments: conversation.length,
    review_comments: inline.length,
    maintainer_can_modify: false,
    commits: size.commits.length,
    additions: size.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: size.files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: size.files.length,
  };
}

export function renderLabel(world: World, repository: Repository, name: string) {
  const id = Bun.hash.crc32(name);
  return {
    id,
    node_id: `LA_kwDO${id}`,
    url: `${apiUrl(world, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color: "ededed",
    default: false,
    description: "",
  };
}

/** The repository is null once a fork was deleted, and so is its owner. */
function renderEnd(world: World, repository: Repository, ref: string, sha: string) {
  const owner: Account = repository.owner;
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: owner.deleted ? null : renderUser(world, owner),
    repo: repository.deleted ? null : renderRepository(world, repository),
  };
}

function renderLinks(world: World, pull: PullRequest) {
  const url = pullUrl(world, pull);
  const issue = `${apiUrl(world, pull.repository)}/issues/${pull.number}`;
  return {
    self: { href: url },
    html: { href: pullHtmlUrl(world, pull) },
    issue: { href: issue },
    comments: { href: `${issue}/comments` },
    review_comments: { href: `${url}/comments` },
    review_comment: { href: `${apiUrl(world, pull.repository)}/pulls/comments{/number}` },
    commits: { href: `${url}/commits` },
    statuses: { href: `${apiUrl(world, pull.repository)}/statuses/${pull.headSha}` },
  };
}

/** The short form inside check runs. */
export function renderPullMinimal(world: World, pull: PullRequest) {
  const end = (repository: Repository, ref: string, sha: string) => ({
    ref,
    sha,
    repo: {
      id: repository.id,
      url: apiUrl(world, repository),
      name: fullName(repository).split("/")[1] ?? "",
    },
  });
  return {
    id: pull.id,
    number: pull.number,
    url: pullUrl(world, pull),
    head: end(pull.headRepository, pull.headRef, pull.headSha),
    base: end(pull.repository, pull.baseRef, pull.baseSha),
  };
}
