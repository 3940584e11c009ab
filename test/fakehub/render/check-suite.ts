/** The suite of a check run, as `check_run` webhooks carry it. */
import type { CheckRun } from "../state.ts";
import type { World } from "../world.ts";
import { renderApp } from "./account.ts";
import { renderPullMinimal } from "./pull.ts";
import { apiUrl } from "./repository.ts";

export function renderCheckSuite(world: World, run: CheckRun) {
  const pulls = world.pulls.filter(
    (pull) => pull.headRepository === run.repository && pull.headSha === run.headSha,
  );
  return {
    id: run.suiteId,
    node_id: `CS_kwDO${run.suiteId}`,
    head_branch: pulls[0]?.headRef ?? null,
    head_sha: run.headSha,
    status: run.status,
    conclusion: run.conclusion,
    url: `${apiUrl(world, run.repository)}/check-suites/${run.suiteId}`,
    before: null,
    after: run.headSha,
    pull_requests: pulls.map((pull) => renderPullMinimal(world, pull)),
    app: renderApp(world),
    created_at: run.startedAt ?? world.clock.now(),
    updated_at: world.clock.now(),
  };
}
