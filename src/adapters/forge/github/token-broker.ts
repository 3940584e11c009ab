/**
 * Installation tokens of one App at one host, in memory only. A broker is made per forge and shares nothing with
 * another, so tokens of two hosts or Apps never meet, whatever their installation ids.
 */
import { isTransient } from "../../../errors.ts";
import { InstallationUnavailableError } from "../forge.ts";
import type { InstallationScope } from "./scope.ts";

export interface InstallationToken {
  readonly token: string;
  readonly mintedAtMs: number;
  readonly expiresAtMs: number;
}

export interface TokenBroker {
  /** @throws what minting threw, also for a short while after it was thrown. */
  readonly get: (scope: InstallationScope) => Promise<InstallationToken>;
  /** Forgets a token GitHub refused, unless another has taken its place already. */
  readonly drop: (scope: InstallationScope, token: InstallationToken) => void;
  /** Forgets every token of an installation: it was suspended or removed. */
  readonly dropInstallation: (installationId: number) => void;
}

export interface TokenBrokerOptions {
  readonly mint: (
    scope: InstallationScope,
  ) => Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  /** GitHub's time, in milliseconds. */
  readonly now: () => number;
}

/** A token that has less left is replaced, so that a long fetch does not outlive it. */
const renewBeforeMs = 5 * 60_000;
/** A token with this much left still serves while GitHub cannot mint another. */
const usableMs = 60_000;
/** How long a refused mint is not tried again. */
const refusalMs = 10_000;

interface Refusal {
  readonly error: unknown;
  readonly untilMs: number;
}

export function createTokenBroker({ mint, now }: TokenBrokerOptions): TokenBroker {
  const tokens = new Map<string, InstallationToken>();
  const pending = new Map<string, Promise<InstallationToken>>();
  const refusals = new Map<string, Refusal>();

  function leftMs(token: InstallationToken | undefined): number {
    return token ? token.expiresAtMs - now() : 0;
  }

  async function renew(scope: InstallationScope): Promise<InstallationToken> {
    forgetEnded();
    const key = keyOf(scope);
    try {
      const token = { ...(await mint(scope)), mintedAtMs: now() };
      tokens.set(key, token);
      return token;
    } catch (error) {
      const ofInstallation = error instanceof InstallationUnavailableError;
      const refused = ofInstallation ? installationKey(scope.installationId) : key;
      refusals.set(refused, { error, untilMs: now() + refusalMs });
      const held = tokens.get(key);
      if (held && isTransient(error) && leftMs(held) > usableMs) return held;
      throw error;
    }
  }

  function refusalOf(scope: InstallationScope): Refusal | null {
    const found = refusals.get(keyOf(scope)) ?? refusals.get(installationKey(scope.installationId));
    return found && found.untilMs > now() ? found : null;
  }

  function forgetEnded(): void {
    for (const [key, token] of tokens) if (leftMs(token) <= 0) tokens.delete(key);
    for (const [key, { untilMs }] of refusals) if (untilMs <= now()) refusals.delete(key);
  }

  async function get(scope: InstallationScope): Promise<InstallationToken> {
    const key = keyOf(scope);
    const held = tokens.get(key);
    if (held && leftMs(held) > renewBeforeMs) return held;
    const refusal = refusalOf(scope);
    if (refusal && held && isTransient(refusal.error) && leftMs(held) > usableMs) return held;
    if (refusal) throw refusal.error;
    return await (pending.get(key) ?? share(key, renew(scope)));
  }

  /** Everybody who asks while one mint is under way gets its answer. */
  async function share(key: string, minting: Promise<InstallationToken>): Promise<InstallationToken> {
    pending.set(key, minting);
    try {
      return await minting;
    } finally {
      pending.delete(key);
    }
  }

  function drop(scope: InstallationScope, token: InstallationToken): void {
    if (tokens.get(keyOf(scope)) === token) tokens.delete(keyOf(scope));
  }

  function dropInstallation(installationId: number): void {
    const prefix = installationKey(installationId);
    for (const key of tokens.keys()) if (key.startsWith(prefix)) tokens.delete(key);
  }

  return { get, drop, dropInstallation };
}

function installationKey(installationId: number): string {
  return `${installationId}:`;
}

function keyOf({ installationId, repositoryId, permissions }: InstallationScope): string {
  const granted = Object.entries(permissions).map(([name, level]) => `${name}=${level}`);
  return `${installationKey(installationId)}${repositoryId ?? "all"}:${granted.sort().join(",")}`;
}
