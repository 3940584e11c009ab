/** What a caller may do with a repository: its own permissions where it is installed, reading where it is public. */
import type { Caller } from "./authentication.ts";
import { GitHubError, notAccessible, notFound } from "./github-error.ts";
import type { Access } from "./permissions.ts";
import type { Permissions, Repository } from "./state.ts";

const publicPermissions: Permissions = {
  metadata: "read",
  contents: "read",
  issues: "read",
  pull_requests: "read",
  checks: "read",
};

/** Null when the repository may not even be known to exist. */
export function findGrant(caller: Caller, repository: Repository): Permissions | null {
  const granted = caller.kind === "installation" ? installationGrant(caller, repository) : null;
  return granted ?? (repository.private ? null : publicPermissions);
}

function installationGrant(
  caller: Caller & { kind: "installation" },
  repository: Repository,
): Permissions | null {
  const { installation, repositories, permissions } = caller.token;
  if (installation.account !== repository.owner || !repository.installed) return null;
  if (repositories !== null && !repositories.includes(repository)) return null;
  // Taking a permission away, or down to reading, reaches tokens that were minted before.
  const kept = Object.entries(permissions)
    .filter(([name]) => name in installation.permissions)
    .map(([name, level]) => [name, installation.permissions[name] === "read" ? "read" : level]);
  return { ...Object.fromEntries(kept), metadata: "read" };
}

/** @throws GitHubError 404 for what may not be seen, 403 for what may not be done. */
export function requireGrant(caller: Caller, repository: Repository, access: Access): void {
  const grant = findGrant(caller, repository);
  if (grant === null) throw notFound();
  if (typeof access !== "string" && !access.some((permission) => allows(grant, permission)))
    throw notAccessible();
}

function allows(grant: Permissions, permission: string): boolean {
  const [name = "", level] = permission.split(":");
  return grant[name] === "write" || (level === "read" && grant[name] === "read");
}

/** @throws GitHubError for credentials of the wrong kind. */
export function requireCaller(caller: Caller, access: Access): void {
  if (access === "anyone") return;
  if (access === "app") {
    if (caller.kind !== "app") throw new GitHubError(401, "A JSON web token could not be decoded");
    return;
  }
  if (access === "nobody" || caller.kind === "app") throw notAccessible();
  if (access === "installation" && caller.kind !== "installation")
    throw new GitHubError(401, "Requires authentication");
}
