/** Tells who is calling from the `Authorization` header, in GitHub's words when it is nobody. */
import { verify } from "node:crypto";
import { GitHubError } from "./github-error.ts";
import type { Token } from "./tokens.ts";
import type { World } from "./world.ts";

export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "app" }
  | { readonly kind: "installation"; readonly token: Token };

const longestJwtSecs = 600;

/** @throws GitHubError 401 for credentials that are wrong, 403 for a suspended installation's. */
export function authenticate(world: World, header: string | null): Caller {
  if (header === null) return { kind: "anonymous" };
  const [scheme = "", credentials = ""] = header.trim().split(/\s+/);
  const value = scheme.toLowerCase() === "basic" ? passwordOf(credentials) : credentials;
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) && !value.startsWith("ghs_"))
    return authenticateApp(world, value);
  const token = world.tokens.find(world, value);
  if (!token) throw new GitHubError(401, "Bad credentials");
  if (token.installation.suspendedAt !== null) throw suspended();
  return { kind: "installation", token };
}

export function suspended(): GitHubError {
  return new GitHubError(403, "This installation has been suspended");
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, "base64").toString();
  return text.slice(text.indexOf(":") + 1);
}

/** The real time counts here, not fakehub's: whoever signs the JWT does not know of the latter. */
function authenticateApp(world: World, jwt: string): Caller {
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const signed = Buffer.from(`${header}.${payload}`);
  const isOurs = verify("RSA-SHA256", signed, world.app.publicKey, Buffer.from(signature, "base64url"));
  if (!isOurs || decode(header).alg !== "RS256")
    throw new GitHubError(401, "A JSON web token could not be decoded");
  const { iat, exp, iss } = decode(payload);
  const nowSecs = Math.floor(Date.now() / 1000);
  if (String(iss) !== String(world.app.id)) throw new GitHubError(404, "Integration not found");
  if (typeof iat !== "number" || iat > nowSecs + 5) {
    const rule = "must be an Integer representing the time that the assertion was issued";
    throw new GitHubError(401, `'Issued at' claim ('iat') ${rule}`);
  }
  if (typeof exp !== "number" || exp <= nowSecs) {
    const rule = "must be a numeric value representing the future time at which the assertion expires";
    throw new GitHubError(401, `'Expiration time' claim ('exp') ${rule}`);
  }
  if (exp > nowSecs + longestJwtSecs)
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future");
  return { kind: "app" };
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
