/** What an API token looks like, and what of it is kept. */
import { createHash, randomBytes } from "node:crypto";

/** What each lets its holder do, as people are told. */
export const scopeMeanings = {
  "review:read": "reads tasks, findings, feedback, suppressions, and how reviews are configured",
  "review:write": "cancels and retries tasks",
  "settings:write": "changes settings, and decides on suppressions",
  "catalog:read": "nothing yet: kept for the catalog of reviewer versions",
  "catalog:write": "nothing yet: kept for the catalog of reviewer versions",
  admin: "reads the queue, webhook deliveries and owners' settings; not for a token of one owner",
} as const;

export type Scope = keyof typeof scopeMeanings;
export const scopes = Object.keys(scopeMeanings) as readonly Scope[];

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
