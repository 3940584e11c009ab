/** The App's check runs on a commit. */
import type { Endpoints } from "@octokit/types";
import type { CheckAnnotation, CheckState, PostedCheck } from "../check.ts";
import type { Forge, RepositoryRef } from "../forge.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type Checks = Pick<Forge, "createCheck" | "updateCheck" | "listChecks" | "listAnnotations">;

type RestAnnotation =
  Endpoints["GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations"]["response"]["data"][number];

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
        checks.push(
          ...page.check_runs.map(({ id, external_id, app, output }) => ({
            id: toId(id),
            externalId: external_id ?? "",
            appId: app ? toId(app.id) : null,
            annotationCount: output.annotations_count,
          })),
        );
      }
      return checks.filter((check) => check.appId === appId);
    },
    listAnnotations: async (repository, checkId) => {
      const annotations: CheckAnnotation[] = [];
      const call = client.as(repositoryScope(repository, { checks: "read" }));
      const parameters = { ...repositoryPath(repository), check_run_id: checkId };
      const route = "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations";
      for await (const page of pages(call, route, parameters)) annotations.push(...page.map(fromRest));
      return annotations;
    },
  };
}

/** GitHub takes a conclusion for completed runs only. */
function toRest({ status, conclusion, title, summary, annotations }: CheckState) {
  const output = { title, summary, annotations: annotations.map(toRestAnnotation) };
  return status === "completed" && conclusion !== null
    ? { status: "completed" as const, conclusion, output }
    : { status: "in_progress" as const, output };
}

function toRestAnnotation({ path, startLine, line, level, title, message }: CheckAnnotation) {
  return { path, start_line: startLine, end_line: line, annotation_level: level, title, message };
}

function fromRest(annotation: RestAnnotation): CheckAnnotation {
  const { path, start_line, end_line, annotation_level, title, message } = annotation;
  const level =
    annotation_level === "failure" || annotation_level === "warning" ? annotation_level : "notice";
  return { path, startLine: start_line, line: end_line, level, title: title ?? "", message: message ?? "" };
}
