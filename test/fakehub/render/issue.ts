/** The issue every pull request also is, as `issue_comment` webhooks carry it. */
import type { PullRequest } from "../state.ts";
import type { World } from "../world.ts";
import { renderUserOrNull } from "./account.ts";
import { associationOf } from "./association.ts";
import { pullHtmlUrl, pullUrl, renderLabel } from "./pull.ts";
import { apiUrl } from "./repository.ts";

export function renderIssue(world: World, pull: PullRequest) {
  const url = `${apiUrl(world, pull.repository)}/issues/${pull.number}`;
  const noReactions = { "+1": 0, "-1": 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return {
    url,
    repository_url: apiUrl(world, pull.repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: pullHtmlUrl(world, pull),
    id: pull.id,
    node_id: pull.nodeId,
    number: pull.number,
    title: pull.title,
    user: renderUserOrNull(world, pull.author),
    labels: pull.labels.map((name) => renderLabel(world, pull.repository, name)),
    state: pull.state,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: [...world.issueComments.values()].filter((comment) => comment.pull === pull).length,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    author_association: associationOf(pull.repository, pull.author),
    active_lock_reason: null,
    draft: pull.draft,
    pull_request: {
      url: pullUrl(world, pull),
      html_url: pullHtmlUrl(world, pull),
      diff_url: `${pullHtmlUrl(world, pull)}.diff`,
      patch_url: `${pullHtmlUrl(world, pull)}.patch`,
      merged_at: pull.mergedAt,
    },
    body: pull.body,
    reactions: { url: `${url}/reactions`, total_count: 0, ...noReactions },
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: null,
  };
}
