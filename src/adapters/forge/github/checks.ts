/** The App's check runs on a commit. */
import type { CheckState, Forge, PostedCheck, RepositoryRef } from "../forge.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type Checks = Pick<Forge, "createCheck" | "updateCheck" | "listChecks">;

const checkName = "reviewd";

export function createChecks(client: GitHubClient, appId: number): Checks {
  const asWriter = (repository: RepositoryRef) => client.as(repositoryScope(repository, { checks: "write" }));

  return {
    createCheck: async (repository, { headSha, externalId, ...state }) => {
      const { data } = await asWriter(repository)("POST /repos/{owner}/{repo}/check-runs", {
        ...repositoryPath(repository),
        name: checkName,
        head_sha: headSha,
        external_id: externalId,
        ...toRest(state),
      });
      return { id: toId(data.id) };
    },
    updateCheck: async (repository, id, state) => {
      await asWriter(repository)("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", {
        ...repositoryPath(repository),
        check_run_id: id,
        ...toRest(state),
      });
    },
    listChecks: async (repository, headSha) => {
      const checks: PostedCheck[] = [];
      const call = client.as(repositoryScope(repository, { checks: "read" }));
      // By default only the newest run of a name is listed, which hides a double.
      const parameters = {
        ...repositoryPath(repository),
        ref: headSha,
        app_id: appId,
        filter: "all",
      } as const;
      for await (const page of pages(
        call,
        "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
        parameters,
      )) {
        for (const { id, external_id, app } of page.check_runs)
          checks.push({ id: toId(id), externalId: external_id ?? "", appId: app ? toId(app.id) : null });
      }
      return checks.filter((check) => check.appId === appId);
    },
  };
}

/** GitHub takes a conclusion for completed runs only. */
function toRest({ status, conclusion, title, summary }: CheckState) {
  const output = { title, summary };
  return status === "completed" && conclusion !== null
    ? { status: "completed" as const, conclusion, output }
    : { status: "in_progress" as const, output };
}
