/** Installation tokens: narrowed to repositories and permissions, gone after an hour of fakehub's clock. */
import type { Installation, Permissions, Repository } from "./state.ts";
import type { World } from "./world.ts";

const tokenLifetimeMs = 3_600_000;

export interface Token {
  readonly value: string;
  readonly installation: Installation;
  /** Null: every repository the installation covers. */
  readonly repositories: readonly Repository[] | null;
  readonly permissions: Permissions;
  readonly expiresAtMs: number;
}

/** GitHub is moving from 40 characters to a signed form of about 520. */
export type TokenFormat = "opaque" | "stateless";

export class Tokens {
  format: TokenFormat = "opaque";
  /** Every one ever, so that a test can look where it went. */
  readonly minted: string[] = [];
  readonly #byValue = new Map<string, Token>();

  mint(world: World, token: Omit<Token, "value" | "expiresAtMs">): Token {
    const value = this.format === "opaque" ? opaqueValue() : statelessValue(world.app.id);
    const minted = { ...token, value, expiresAtMs: world.clock.nowMs() + tokenLifetimeMs };
    this.#byValue.set(value, minted);
    this.minted.push(value);
    return minted;
  }

  /** Null when it never existed, was revoked, is too old, or its installation is gone. */
  find(world: World, value: string): Token | null {
    const token = this.#byValue.get(value);
    if (!token || token.installation.deleted || token.expiresAtMs <= world.clock.nowMs()) return null;
    return token;
  }

  revoke(token: Token): void {
    this.#byValue.delete(token.value);
  }

  revokeAll(): void {
    this.#byValue.clear();
  }
}

function opaqueValue(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bytes = crypto.getRandomValues(new Uint8Array(36));
  return `ghs_${[...bytes].map((byte) => alphabet[byte % alphabet.length]).join("")}`;
}

function statelessValue(appId: number): string {
  const part = (length: number) =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(length))).toString("base64url");
  return `ghs_${appId}_${part(27)}.${part(160)}.${part(192)}`;
}
