/** Accounts and the App as GitHub shows them. */
import type { Account } from "../state.ts";
import type { World } from "../world.ts";
import type { Schema } from "./schemas.ts";

export function renderUser(world: World, account: Account): Schema<"simple-user"> {
  const url = `${world.apiUrl}/users/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: account.nodeId,
    avatar_url: `${world.origin}/avatars/u/${account.id}?v=4`,
    gravatar_id: "",
    url,
    html_url: htmlUrlOf(world, account),
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.kind,
    site_admin: false,
  };
}

/** A deleted account is nobody. */
export function renderUserOrNull(world: World, account: Account | null): Schema<"nullable-simple-user"> {
  return account === null || account.deleted ? null : renderUser(world, account);
}

export function renderPublicUser(world: World, account: Account): Schema<"public-user"> {
  return {
    ...renderUser(world, account),
    name: account.login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: world.repositories.filter((r) => r.owner === account && !r.private).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  };
}

export function renderApp(world: World) {
  const { app } = world;
  const developer = world.accounts.find((account) => account.kind === "Organization") ?? app.bot;
  return {
    id: app.id,
    slug: app.slug,
    client_id: `Iv23li${app.id}`,
    node_id: `A_kwDO${app.id}`,
    owner: renderUser(world, developer),
    name: app.name,
    description: "",
    external_url: `${world.origin}/${app.slug}`,
    html_url: `${world.origin}/github-apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: { ...app.permissions },
    events: [...app.events],
  } satisfies Schema<"integration">;
}

function htmlUrlOf(world: World, account: Account): string {
  const name = account.kind === "Bot" ? `github-apps/${account.login.replace("[bot]", "")}` : account.login;
  return `${world.origin}/${name}`;
}
