/** What somebody may do with a repository. */
import type { Account, Forge, Permission, RepositoryRef } from "../forge.ts";
import type { GitHubClient } from "./github-client.ts";
import { repositoryPath } from "./repository-path.ts";
import { repositoryScope } from "./scope.ts";

type Collaborators = Pick<Forge, "getPermission">;

export function createCollaborators(client: GitHubClient): Collaborators {
  return {
    getPermission: async (repository: RepositoryRef, { id, login }: Pick<Account, "id" | "login">) => {
      const call = client.as(repositoryScope(repository, { metadata: "read" }));
      const { data } = await call("GET /repos/{owner}/{repo}/collaborators/{username}/permission", {
        ...repositoryPath(repository),
        username: login,
      });
      return data.user?.id === id ? toPermission(data.permission) : "none";
    },
  };
}

/** GitHub says `write` for maintain and `read` for triage already. A word nobody knows allows nothing. */
function toPermission(permission: string): Permission {
  return permission === "admin" || permission === "write" || permission === "read" ? permission : "none";
}
