/** How GitHub's endpoints name a repository. */

export function repositoryPath(repository: { readonly fullName: string }): {
  readonly owner: string;
  readonly repo: string;
} {
  const [owner = "", repo = ""] = repository.fullName.split("/");
  return { owner, repo };
}
