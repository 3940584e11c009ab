/** The `Authorization` of a call: the App's JWT or an installation token, and what to do when GitHub refuses it. */
import type { request } from "@octokit/request";
import { ReviewdError } from "../../../errors.ts";
import { InstallationUnavailableError, notGranted } from "../forge.ts";
import { type AppJwt, createAppJwt } from "./app-jwt.ts";
import type { InstallationScope, Scope } from "./scope.ts";
import { type InstallationToken, TokenBroker } from "./token-broker.ts";

interface Credential {
  readonly authorization: string;
  /** Called when GitHub answered 401; settles when trying again makes sense. */
  readonly refused: () => Promise<void>;
}

export interface Credentials {
  readonly get: (scope: Scope) => Promise<Credential>;
  /** The bare token, for git. */
  readonly getToken: (scope: InstallationScope) => Promise<string>;
  readonly dropInstallation: (installationId: number) => void;
}

export interface CredentialsOptions {
  readonly appId: number;
  readonly privateKey: string;
  /** GitHub's time, in milliseconds. */
  readonly now: () => number;
  /** Calls GitHub as the App. */
  readonly requestAsApp: typeof request;
}

/** GitHub's servers need a few seconds to learn of a new token; until then some of them answer 401. */
const youngMs = 5_000;
const youngRetryMs = 1_000;

export function createCredentials(options: CredentialsOptions): Credentials {
  const jwt = createAppJwt(options);
  const broker = new TokenBroker({
    now: options.now,
    mint: (scope) => mint(options.requestAsApp, scope),
  });
  /** Tokens that were refused while young: once is forgiven. */
  const forgiven = new WeakSet<InstallationToken>();

  async function refused(scope: InstallationScope, token: InstallationToken): Promise<void> {
    const isYoung = options.now() - token.mintedAtMs < youngMs;
    if (!isYoung || forgiven.has(token)) return broker.drop(scope, token);
    forgiven.add(token);
    await Bun.sleep(youngRetryMs);
  }

  return {
    get: async (scope) => {
      if (scope.kind === "app") return await appCredential(jwt);
      const token = await broker.get(scope);
      return { authorization: `Bearer ${token.token}`, refused: () => refused(scope, token) };
    },
    getToken: async (scope) => (await broker.get(scope)).token,
    dropInstallation: (installationId) => broker.dropInstallation(installationId),
  };
}

async function appCredential(jwt: AppJwt): Promise<Credential> {
  return { authorization: `Bearer ${await jwt.get()}`, refused: async () => jwt.drop() };
}

/** Both token formats are opaque here: 40 characters or several hundred. */
async function mint(requestAsApp: typeof request, scope: InstallationScope) {
  const { installationId, repositoryId, permissions } = scope;
  try {
    const { data } = await requestAsApp("POST /app/installations/{installation_id}/access_tokens", {
      installation_id: installationId,
      permissions,
      ...(repositoryId === null ? {} : { repository_ids: [repositoryId] }),
      request: { repeatable: true },
    });
    return { token: data.token, expiresAtMs: Date.parse(data.expires_at) };
  } catch (error) {
    throw error instanceof ReviewdError ? mintRefused(error, installationId) : error;
  }
}

/** 404 says that the App was uninstalled, 422 that the installation does not grant what was asked for. */
function mintRefused(error: ReviewdError, installationId: number): ReviewdError {
  if (error.code === "not_found") {
    const message = `the App is no longer installed as installation ${installationId}`;
    return new InstallationUnavailableError("deleted", message, { cause: error });
  }
  if (error.code === "invalid_input") {
    const message = `installation ${installationId} does not grant what is needed: ${error.message}`;
    return new ReviewdError("forbidden", message, { cause: error, reason: notGranted });
  }
  return error;
}
