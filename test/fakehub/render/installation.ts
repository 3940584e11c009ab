/** Installations as GitHub shows them. */
import type { Installation } from "../state.ts";
import type { World } from "../world.ts";
import { renderUser } from "./account.ts";

export function renderInstallation(world: World, installation: Installation) {
  const { account } = installation;
  const url = `${world.apiUrl}/app/installations/${installation.id}`;
  const settings = account.kind === "Organization" ? `organizations/${account.login}/settings` : "settings";
  return {
    id: installation.id,
    client_id: `Iv23li${world.app.id}`,
    account: renderUser(world, account),
    repository_selection: installation.repositorySelection,
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.origin}/${settings}/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.kind,
    permissions: { ...installation.permissions },
    events: [...world.app.events],
    created_at: installation.createdAt,
    updated_at: installation.updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedAt === null ? null : renderUser(world, account),
    suspended_at: installation.suspendedAt,
  };
}
