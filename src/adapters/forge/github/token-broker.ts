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

export class TokenBroker {
  readonly #options: TokenBrokerOptions;
  readonly #tokens = new Map<string, InstallationToken>();
  readonly #minting = new Map<string, Promise<InstallationToken>>();
  /** By scope, and by installation where all of it is refused. */
  readonly #refusals = new Map<string, Refusal>();

  constructor(options: TokenBrokerOptions) {
    this.#options = options;
  }

  /** @throws what minting threw, also for a short while after it was thrown. */
  async get(scope: InstallationScope): Promise<InstallationToken> {
    const key = keyOf(scope);
    const held = this.#tokens.get(key);
    if (held && this.#leftMs(held) > renewBeforeMs) return held;
    const refusal = this.#refusalOf(scope);
    if (refusal) return this.#heldOrThrow(key, refusal.error);
    return await (this.#minting.get(key) ?? this.#share(key, this.#renew(scope)));
  }

  /** Forgets a token GitHub refused, unless another has taken its place already. */
  drop(scope: InstallationScope, token: InstallationToken): void {
    if (this.#tokens.get(keyOf(scope)) === token) this.#tokens.delete(keyOf(scope));
  }

  /** Forgets every token of an installation: it was suspended or removed. */
  dropInstallation(installationId: number): void {
    const prefix = installationKey(installationId);
    for (const key of this.#tokens.keys()) if (key.startsWith(prefix)) this.#tokens.delete(key);
  }

  /** Everybody who asks while one mint is under way gets its answer. */
  async #share(key: string, minting: Promise<InstallationToken>): Promise<InstallationToken> {
    this.#minting.set(key, minting);
    try {
      return await minting;
    } finally {
      this.#minting.delete(key);
    }
  }

  async #renew(scope: InstallationScope): Promise<InstallationToken> {
    this.#forgetEnded();
    const key = keyOf(scope);
    const { mint, now } = this.#options;
    try {
      const token = { ...(await mint(scope)), mintedAtMs: now() };
      this.#tokens.set(key, token);
      return token;
    } catch (error) {
      const ofInstallation = error instanceof InstallationUnavailableError;
      const refused = ofInstallation ? installationKey(scope.installationId) : key;
      this.#refusals.set(refused, { error, untilMs: now() + refusalMs });
      return this.#heldOrThrow(key, error);
    }
  }

  #heldOrThrow(key: string, error: unknown): InstallationToken {
    const held = this.#tokens.get(key);
    if (held && isTransient(error) && this.#leftMs(held) > usableMs) return held;
    throw error;
  }

  #refusalOf(scope: InstallationScope): Refusal | null {
    const keys = [keyOf(scope), installationKey(scope.installationId)];
    const found = keys.map((key) => this.#refusals.get(key));
    return found.find((refusal) => refusal && refusal.untilMs > this.#options.now()) ?? null;
  }

  #forgetEnded(): void {
    const nowMs = this.#options.now();
    for (const [key, { expiresAtMs }] of this.#tokens) if (expiresAtMs <= nowMs) this.#tokens.delete(key);
    for (const [key, { untilMs }] of this.#refusals) if (untilMs <= nowMs) this.#refusals.delete(key);
  }

  #leftMs(token: InstallationToken): number {
    return token.expiresAtMs - this.#options.now();
  }
}

function installationKey(installationId: number): string {
  return `${installationId}:`;
}

function keyOf({ installationId, repositoryId, permissions }: InstallationScope): string {
  const granted = Object.entries(permissions).map(([name, level]) => `${name}=${level}`);
  return `${installationKey(installationId)}${repositoryId ?? "all"}:${granted.sort().join(",")}`;
}
