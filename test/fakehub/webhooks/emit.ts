/** Builds the payload around an event's own part, as GitHub sends it to an App, and hands it to the webhook. */
import { describeErrors, webhookValidator } from "../contract/validators.ts";
import { renderUser } from "../render/account.ts";
import { renderRepository } from "../render/repository.ts";
import type { Account, Installation, Repository } from "../state.ts";
import type { World } from "../world.ts";

export interface EventParts {
  readonly event: string;
  readonly action: string;
  readonly sender: Account;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Nothing is sent about a repository the App is not installed on, or whose installation is suspended. */
export function emitForRepository(world: World, repository: Repository, parts: EventParts): void {
  const installation = world.installationFor(repository);
  if (installation === null || installation.suspendedAt !== null) return;
  const { owner } = repository;
  send(world, installation, repository, parts, {
    repository: renderRepository(world, repository),
    ...(owner.kind === "Organization" && { organization: renderOrganization(world, owner) }),
    installation: { id: installation.id, node_id: `${installation.id}` },
  });
}

/** Events about the installation itself, which Apps always get. */
export function emitForInstallation(world: World, installation: Installation, parts: EventParts): void {
  send(world, installation, null, parts, {});
}

function send(
  world: World,
  installation: Installation,
  repository: Repository | null,
  { event, action, sender, payload }: EventParts,
  around: Readonly<Record<string, unknown>>,
): void {
  const whole = { action, ...payload, ...around, sender: renderUser(world, sender) };
  checkPayload(world, event, action, whole);
  world.webhooks.emit({
    event,
    action,
    payload: whole,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
  });
}

function checkPayload(world: World, event: string, action: string, payload: unknown): void {
  const validate = webhookValidator(`${event}-${action}`.replaceAll("_", "-"));
  if (!validate(payload)) world.violations.push(`webhook ${event}.${action}: ${describeErrors(validate)}`);
}

function renderOrganization(world: World, organization: Account) {
  const url = `${world.apiUrl}/orgs/${organization.login}`;
  return {
    login: organization.login,
    id: organization.id,
    node_id: organization.nodeId,
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.origin}/avatars/u/${organization.id}?v=4`,
    description: "",
  };
}
