/** What an API token looks like, and what of it is kept. */
import { createHash, randomBytes } from "node:crypto";

export const scopes = [
  "review:read",
  "review:write",
  "settings:write",
  "catalog:read",
  "catalog:write",
  "admin",
] as const;
export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

/** `rvd_`, 192 random bits and a checksum, in hexadecimal: typing errors and finds of secret scanners can be told. */
const shape = /^rvd_([0-9a-f]{48})([0-9a-f]{8})$/;

export function createToken(): string {
  const secret = randomBytes(24).toString("hex");
  return `rvd_${secret}${checksum(secret)}`;
}

/** What is stored and looked up; null: nobody was ever given such a token. */
export function hashToken(token: string): Uint8Array | null {
  const [, secret, sum] = shape.exec(token) ?? [];
  if (secret === undefined || sum !== checksum(secret)) return null;
  return createHash("sha256").update(token).digest();
}

function checksum(secret: string): string {
  return Bun.hash.crc32(secret).toString(16).padStart(8, "0");
}
