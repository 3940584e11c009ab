/** The signature of a webhook: HMAC-SHA256 over the raw bytes of its body. */
import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Compares with the signature of every secret, in a time that tells nothing about them.
 * @param header `sha256=` and 64 hexadecimal digits
 */
export function isSigned(body: Uint8Array, header: string | undefined, secrets: readonly string[]): boolean {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(header ?? "") ?? [];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, "hex");
  const matches = secrets.map((secret) =>
    timingSafeEqual(given, createHmac("sha256", secret).update(body).digest()),
  );
  return matches.includes(true);
}
