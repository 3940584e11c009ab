/** Check runs and their annotations as GitHub shows them. */
import type { CheckAnnotation, CheckRun } from "../state.ts";
import type { World } from "../world.ts";
import { renderApp } from "./account.ts";
import { renderPullMinimal } from "./pull.ts";
import { apiUrl, htmlUrl } from "./repository.ts";

export function renderCheckRun(world: World, run: CheckRun) {
  const url = `${apiUrl(world, run.repository)}/check-runs/${run.id}`;
  // Pushes in forks are not seen: a check on a fork's commit names no pull request.
  const pulls = world.pulls.filter(
    (pull) => pull.headRepository === run.repository && pull.headSha === run.headSha && pull.state === "open",
  );
  return {
    id: run.id,
    node_id: run.nodeId,
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: `${htmlUrl(world, run.repository)}/runs/${run.id}`,
    details_url: run.detailsUrl ?? `${htmlUrl(world, run.repository)}/runs/${run.id}`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: renderApp(world),
    pull_requests: pulls.map((pull) => renderPullMinimal(world, pull)),
  };
}

export function renderAnnotation(world: World, run: CheckRun, annotation: CheckAnnotation) {
  return {
    path: annotation.path,
    start_line: annotation.start_line,
    end_line: annotation.end_line,
    start_column: annotation.start_column ?? null,
    end_column: annotation.end_column ?? null,
    annotation_level: annotation.annotation_level,
    title: annotation.title ?? null,
    message: annotation.message,
    raw_details: annotation.raw_details ?? null,
    blob_href: `${htmlUrl(world, run.repository)}/blob/${run.headSha}/${encodeURI(annotation.path)}`,
  };
}
