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
    installation: { id: installation.id, node_id: legacyNodeId(installation) },
  });
}

/** Events about the installation itself, which Apps always get. */
export function emitForInstallation(world: World, installation: Installation, parts: EventParts): void {
  send(world, installation, null, parts, {});
}

/** What GitHub sends when a hook is made: no action, no installation. */
export function emitPing(world: World): void {
  const { app } = world;
  const hookId = app.id + 100_000;
  const payload = {
    zen: "Keep it logically awesome.",
    hook_id: hookId,
    hook: {
      type: "App",
      id: hookId,
      app_id: app.id,
      name: "web",
      active: true,
      events: [...app.events],
      config: {
        content_type: "json",
        insecure_ssl: "0",
        secret: "********",
        url: world.webhooks.url ?? "https://reviewd.example/webhooks/github",
      },
      created_at: app.createdAt,
      updated_at: app.createdAt,
      deliveries_url: `${world.apiUrl}/app/hook/deliveries`,
    },
  };
  checkPayload(world, "ping", payload);
  world.webhooks.emit({ event: "ping", action: null, payload, installationId: null, repositoryId: null });
}

/** Installations still have ids of the old form: a type's name and the number, in base64. */
function legacyNodeId({ id }: Installation): string {
  return Buffer.from(`023:IntegrationInstallation${id}`).toString("base64");
}

function send(
  world: World,
  installation: Installation,
  repository: Repository | null,
  { event, action, sender, payload }: EventParts,
  around: Readonly<Record<string, unknown>>,
): void {
  const whole = { action, ...payload, ...around, sender: renderUser(world, sender) };
  checkPayload(world, `${event}-${action}`, whole);
  world.webhooks.emit({
    event,
    action,
    payload: whole,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
  });
}

function checkPayload(world: World, name: string, payload: unknown): void {
  const validate = webhookValidator(name.replaceAll("_", "-"));
  if (!validate(payload)) world.violations.push(`webhook ${name}: ${describeErrors(validate)}`);
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
