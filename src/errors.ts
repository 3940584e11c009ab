/**
 * The handful of ways an operation can fail that a caller decides on. Knows nothing of HTTP statuses or exit
 * codes: each edge (serve's onError, a loop pass, main) translates a code once.
 */
export type ErrorCode =
  /** What was sent or configured is wrong; sending it again unchanged fails again. */
  | "invalid_input"
  /** It does not exist, or the caller may not know that it does. */
  | "not_found"
  /** It is not in a state that allows this: the state changed meanwhile. */
  | "conflict"
  /** The caller is known and may not do this. */
  | "forbidden"
  /** A limit was met; `retryAfterMs` says when to come back. */
  | "rate_limited"
  /** The other side could not be reached, timed out or broke; trying again later is right. */
  | "unavailable";

/** Codes for which the same attempt may succeed later without anybody changing anything. */
const transientCodes: ReadonlySet<ErrorCode> = new Set(["rate_limited", "unavailable"]);

/** An expected failure, typed at its source: whether to retry is decided by `code`, never by the message. */
export class ReviewdError extends Error {
  override readonly name = "ReviewdError";
  readonly code: ErrorCode;
  /** Milliseconds after which a retry makes sense, when the other side said so. */
  readonly retryAfterMs: number | undefined;
  /** Which of the ways that the code stands for, in a stable word; undefined where there is but one. */
  readonly reason: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { cause?: unknown; retryAfterMs?: number; reason?: string } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.reason = details.reason;
  }
}

/** True for a failure that may go away by itself. Anything that is not a ReviewdError is a bug, not transient. */
export function isTransient(error: unknown): boolean {
  return error instanceof ReviewdError && transientCodes.has(error.code);
}
