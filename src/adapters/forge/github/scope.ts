/** What a call is made as: the App itself, or one installation with as little as the call needs. */

export type Permissions = Readonly<
  Partial<Record<"checks" | "contents" | "metadata" | "pull_requests", "read" | "write">>
>;

export interface InstallationScope {
  readonly kind: "installation";
  readonly installationId: number;
  /** Null: every repository of the installation. */
  readonly repositoryId: number | null;
  readonly permissions: Permissions;
}

export type Scope = { readonly kind: "app" } | InstallationScope;

export const appScope: Scope = { kind: "app" };

/** A repository and no other. */
export function repositoryScope(
  repository: { readonly installationId: number; readonly repositoryId: number },
  permissions: Permissions,
): InstallationScope {
  const { installationId, repositoryId } = repository;
  return { kind: "installation", installationId, repositoryId, permissions };
}

export function installationScope(installationId: number, permissions: Permissions): InstallationScope {
  return { kind: "installation", installationId, repositoryId: null, permissions };
}
