/** What an answer of GitHub that is not a success means for the caller: the one translation into ReviewdError. */
import { RequestError } from "@octokit/request-error";
import { ReviewdError } from "../../../errors.ts";
import { InstallationUnavailableError } from "../forge.ts";

/** GitHub's advice where it limits without saying for how long. */
const unknownLimitMs = 60_000;
/** What GitHub says of any limit. */
export const limitWording = /rate limit|abuse detection|submitted too quickly/i;
const maxMessageLength = 500;

type Headers = Readonly<Record<string, string | number | undefined>>;

/** The HTTP status GitHub answered; null when it did not answer. */
export function answeredStatus(error: unknown): number | null {
  return error instanceof RequestError && error.response ? error.status : null;
}

export function answeredHeaders(error: unknown): Headers {
  return error instanceof RequestError ? (error.response?.headers ?? {}) : {};
}

export interface FailedCall {
  /** Names the call in the message, e.g. `GET /repos/{owner}/{repo}/pulls`. */
  readonly what: string;
  readonly asApp: boolean;
  /** GitHub's time. */
  readonly nowMs: number;
}

/** @returns the error to throw; what is not a failure of the call comes back as it is */
export function toFailure(error: unknown, { what, asApp, nowMs }: FailedCall): unknown {
  if (isBroken(error)) {
    return new ReviewdError("unavailable", `${what}: no answer (${messageOf(error)})`, { cause: error });
  }
  if (!(error instanceof RequestError)) return error;
  const limitMs = limitOf(error, nowMs);
  const message = `${what}: ${error.status} ${messageOf(error)}`;
  if (limitMs !== null)
    return new ReviewdError("rate_limited", message, { cause: error, retryAfterMs: limitMs });
  if (isSuspended(error)) return new InstallationUnavailableError("suspended", message, { cause: error });
  // The App's own credentials are wrong until somebody corrects them; a token minted anew may only be too young.
  if (error.status === 401 && !asApp) return new ReviewdError("unavailable", message, { cause: error });
  return new ReviewdError(codeOf(error.status), message, { cause: error });
}

/** The secondary limits are of all calls of an installation, the primary ones of REST and GraphQL each. */
export function limitsEverything(error: unknown): boolean {
  return error instanceof RequestError && error.response?.headers["x-ratelimit-remaining"] !== "0";
}

/** Neither an answer nor a bug: refused connections, timeouts, connections that were cut. */
function isBroken(error: unknown): error is Error {
  if (error instanceof RequestError) return error.response === undefined;
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

/** Milliseconds until a limit ends; null when it is none: a plain 403 is a missing permission. */
function limitOf(error: RequestError, nowMs: number): number | null {
  const headers = answeredHeaders(error);
  const isLimit = error.status === 429 || (error.status === 403 && saysLimit(error, headers));
  // GitHub answers 422 when one kind of content is created too fast.
  if (!isLimit && !(error.status === 422 && /submitted too quickly/i.test(error.message))) return null;
  return limitDelayMs(headers, nowMs);
}

function saysLimit(error: RequestError, headers: Headers): boolean {
  const spent = headers["x-ratelimit-remaining"] === "0";
  return headers["retry-after"] !== undefined || spent || limitWording.test(error.message);
}

/** Milliseconds these headers ask to wait. */
export function limitDelayMs(headers: Headers, nowMs: number): number {
  const retryAfterMs = Number(headers["retry-after"] ?? Number.NaN) * 1_000;
  if (Number.isFinite(retryAfterMs)) return Math.max(retryAfterMs, 1_000);
  const resetMs = Number(headers["x-ratelimit-reset"] ?? Number.NaN) * 1_000 - nowMs;
  const spent = headers["x-ratelimit-remaining"] === "0";
  return spent && Number.isFinite(resetMs) ? Math.max(resetMs, 1_000) : unknownLimitMs;
}

function isSuspended(error: RequestError): boolean {
  return error.status === 403 && /installation has been suspended/i.test(error.message);
}

function codeOf(status: number): ReviewdError["code"] {
  if (status >= 500 || status === 408) return "unavailable";
  if (status === 401 || status === 403 || status === 451) return "forbidden";
  if (status === 404 || status === 410) return "not_found";
  return status === 409 ? "conflict" : "invalid_input";
}

/** An error page may be long, and is of no use. */
function messageOf(error: Error): string {
  const text = error.message.replace(/\s+/g, " ").trim();
  return text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}…` : text;
}
