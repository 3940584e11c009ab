/** The App looking at itself: installations, tokens, webhook deliveries. All by JWT. */

import { suspended } from "../authentication.ts";
import type { Answer, Call, Routes } from "../call.ts";
import { GitHubError, notFound, unprocessable } from "../github-error.ts";
import { cursorPageOf } from "../paging.ts";
import { renderApp } from "../render/account.ts";
import { renderInstallation } from "../render/installation.ts";
import { renderRepository } from "../render/repository.ts";
import type { Installation, Permissions, Repository } from "../state.ts";
import type { WebhookDelivery } from "../webhooks/webhooks.ts";

export const appRoutes = {
  "GET /app": ({ world }) => {
    const installed = world.installations.filter((i) => !i.deleted).length;
    return { status: 200, body: { ...renderApp(world), installations_count: installed } };
  },
  "GET /app/installations": (call) => {
    const living = call.world.installations.filter((i) => !i.deleted);
    return call.list(living, (installation) => renderInstallation(call.world, installation));
  },
  "GET /app/installations/{installation_id}": (call) => ({
    status: 200,
    body: renderInstallation(call.world, getInstallation(call)),
  }),
  "POST /app/installations/{installation_id}/access_tokens": mintToken,
  "GET /repos/{owner}/{repo}/installation": (call) => {
    const installation = call.world.installationFor(call.repository);
    if (!installation) throw notFound();
    return { status: 200, body: renderInstallation(call.world, installation) };
  },
  "GET /app/hook/deliveries": listDeliveries,
  "GET /app/hook/deliveries/{delivery_id}": (call) => {
    const delivery = getDelivery(call);
    const request = { headers: delivery.requestHeaders, payload: delivery.payload };
    const { response } = delivery;
    const answered = { headers: response?.headers ?? {}, payload: response?.body ?? null };
    return { status: 200, body: { ...renderDelivery(delivery), url: "", request, response: answered } };
  },
  "POST /app/hook/deliveries/{delivery_id}/attempts": (call) => {
    // Accepted, not done: who asked is not kept waiting for the receiver.
    void call.world.webhooks.redeliver(getDelivery(call).guid);
    return { status: 202, body: {} };
  },
} satisfies Routes;

function getInstallation(call: Call): Installation {
  const id = call.number("installation_id");
  const installation = call.world.installations.find((i) => i.id === id && !i.deleted);
  if (!installation) throw notFound();
  return installation;
}

interface TokenRequest {
  readonly repositories?: readonly string[];
  readonly repository_ids?: readonly number[];
  readonly permissions?: Permissions;
}

function mintToken(call: Call): Answer {
  const { world } = call;
  const installation = getInstallation(call);
  if (installation.suspendedAt !== null) throw suspended();
  const request = call.body<TokenRequest>();
  const repositories = narrowedRepositories(call, installation, request);
  const permissions = narrowedPermissions(installation, request.permissions);
  const token = world.tokens.mint(world, { installation, repositories, permissions });
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: world.clock.format(token.expiresAtMs),
      permissions,
      repository_selection: repositories === null ? installation.repositorySelection : "selected",
      ...(repositories && {
        repositories: repositories.map((repository) => renderRepository(world, repository)),
      }),
    },
  };
}

const mostRepositories = 500;

function narrowedRepositories(
  { world }: Call,
  installation: Installation,
  { repository_ids, repositories }: TokenRequest,
): Repository[] | null {
  if (!repository_ids && !repositories) return null;
  const wanted = [...(repository_ids ?? []), ...(repositories ?? [])];
  if (wanted.length > mostRepositories) throw unprocessable("There are too many repositories");
  const covered = world.repositories.filter(
    (r) => r.owner === installation.account && r.installed && !r.deleted,
  );
  const chosen = wanted.map((key) => covered.find((r) => r.id === key || r.name === key));
  if (chosen.includes(undefined))
    throw new GitHubError(
      422,
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  return chosen.filter((repository) => repository !== undefined);
}

function narrowedPermissions(installation: Installation, wanted: Permissions | undefined): Permissions {
  if (!wanted) return installation.permissions;
  for (const [name, level] of Object.entries(wanted)) {
    const held = installation.permissions[name];
    if (held !== "write" && held !== level)
      throw new GitHubError(422, "The permissions requested are not granted to this installation.");
  }
  return { metadata: "read", ...wanted };
}

function listDeliveries(call: Call): Answer {
  const wanted = call.query("status");
  const isFailure = ({ statusCode }: WebhookDelivery) => statusCode >= 400 && statusCode < 600;
  const isSuccess = ({ statusCode }: WebhookDelivery) => statusCode >= 200 && statusCode < 400;
  const newestFirst = call.world.webhooks.deliveries.toReversed().filter((delivery) => {
    if (wanted === "failure") return isFailure(delivery);
    return wanted === "success" ? isSuccess(delivery) : true;
  });
  const page = cursorPageOf(newestFirst, call.url, ({ id }) => `v1_${id}`);
  return { status: 200, body: page.items.map(renderDelivery), headers: page.headers };
}

function getDelivery(call: Call): WebhookDelivery {
  const id = call.number("delivery_id");
  const delivery = call.world.webhooks.deliveries.find((d) => d.id === id);
  if (!delivery) throw notFound();
  return delivery;
}

function renderDelivery(delivery: WebhookDelivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationSecs,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}
