/** Pull requests, what they are compared with, and how git is let in. */
import type { Endpoints } from "@octokit/types";
import { ReviewdError } from "../../../errors.ts";
import type { Forge, PullRequestFacts, RepositoryRef } from "../forge.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";

type RestPullRequest =
  | Endpoints["GET /repos/{owner}/{repo}/pulls/{pull_number}"]["response"]["data"]
  | Endpoints["GET /repos/{owner}/{repo}/pulls"]["response"]["data"][number];

type PullRequests = Pick<Forge, "getPullRequest" | "listOpenPullRequests" | "getBase" | "cloneAccess">;

export function createPullRequests(client: GitHubClient): PullRequests {
  const asReader = (repository: RepositoryRef) =>
    client.as(repositoryScope(repository, { pull_requests: "read" }));

  return {
    getPullRequest: async (repository, number) => {
      const { data } = await asReader(repository)("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
        ...repositoryPath(repository),
        pull_number: number,
      });
      return { ...toFacts(repository, data), body: data.body ?? "" };
    },
    listOpenPullRequests: async function* (repository) {
      const parameters = {
        ...repositoryPath(repository),
        state: "open",
        sort: "updated",
        direction: "desc",
      } as const;
      for await (const page of pages(asReader(repository), "GET /repos/{owner}/{repo}/pulls", parameters)) {
        for (const pull of page) yield toFacts(repository, pull);
      }
    },
    getBase: async (repository, base, head) => {
      const call = client.as(repositoryScope(repository, { contents: "read" }));
      const { data } = await call("GET /repos/{owner}/{repo}/compare/{basehead}", {
        ...repositoryPath(repository),
        basehead: `${base}...${head}`,
        per_page: 1,
      });
      return { tip: data.base_commit.sha, mergeBase: data.merge_base_commit.sha };
    },
    cloneAccess: async (repository) => {
      const token = await client.credentials.getToken(repositoryScope(repository, { contents: "read" }));
      return {
        url: `${client.urls.git}/${repository.fullName}.git`,
        authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`,
      };
    },
  };
}

function toFacts(repository: RepositoryRef, pull: RestPullRequest): PullRequestFacts {
  // Another repository may have been given the name that this one had.
  if (pull.base.repo.id !== repository.repositoryId) {
    throw new ReviewdError("not_found", `${repository.fullName} is another repository now`);
  }
  return {
    number: pull.number,
    title: pull.title,
    state: pull.state === "open" ? "open" : "closed",
    merged: pull.merged_at !== null,
    draft: pull.draft ?? false,
    author: toAccount(pull.user),
    fromFork: pull.head.repo?.id !== pull.base.repo.id,
    labels: pull.labels.map((label) => label.name),
    headSha: pull.head.sha,
    baseRef: pull.base.ref,
    baseSha: pull.base.sha,
    updatedAt: pull.updated_at,
    closedAt: pull.closed_at,
  };
}
