/** The App looking at itself and its installations, and getting tokens for them. All by JWT. */

import { suspended } from "../authentication.ts";
import type { Answer, Call, Routes } from "../call.ts";
import { GitHubError, notFound, unprocessable } from "../github-error.ts";
import { renderApp } from "../render/account.ts";
import { renderInstallation } from "../render/installation.ts";
import { renderRepository } from "../render/repository.ts";
import type { Installation, Permissions, Repository } from "../state.ts";

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
