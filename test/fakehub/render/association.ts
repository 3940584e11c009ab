/** What GitHub calls a person's relation to a repository. */
import type { Account, Repository, Role } from "../state.ts";
import type { Schema } from "./schemas.ts";

/** The role somebody has: the owner's is admin, everybody reads what is public, and nobody what is private. */
export function roleOf(repository: Repository, account: Account): Role | "none" {
  if (account === repository.owner) return "admin";
  return repository.roles.get(account) ?? (repository.private ? "none" : "read");
}

export function associationOf(repository: Repository, account: Account): Schema<"author-association"> {
  if (account === repository.owner) return "OWNER";
  return repository.roles.has(account) ? "COLLABORATOR" : "NONE";
}
