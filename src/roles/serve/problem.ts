/** Errors as answers: the one table from error codes to statuses, and problem+json (RFC 9457) around them. */
import { z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, ReviewdError } from "../../errors.ts";
import type { ApiRequest } from "./api.ts";

const statuses: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  invalid_input: 400,
  not_found: 404,
  conflict: 409,
  forbidden: 403,
  rate_limited: 429,
  unavailable: 503,
};

/** What only HTTP knows. */
const transportCodes: Readonly<Record<number, string>> = {
  400: "invalid_input",
  401: "unauthenticated",
  413: "payload_too_large",
  415: "unsupported_media_type",
};

const titles: Readonly<Record<string, string>> = {
  invalid_input: "The request is not valid",
  unauthenticated: "A valid token is needed",
  forbidden: "This is not allowed",
  not_found: "There is no such thing",
  conflict: "Its state does not allow this",
  payload_too_large: "The body is too large",
  unsupported_media_type: "The body has the wrong type",
  rate_limited: "Too many requests",
  unavailable: "Something that is needed does not answer",
  internal_error: "Something went wrong here",
};

const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ description: "Stable: programs decide on this one.", example: "not_found" }),
    reason: z.string().optional().openapi({
      description: "Stable, too: which of several ways, where the code stands for more than one.",
      example: "already_queued",
    }),
    detail: z.string().optional().openapi({ description: "What exactly, for people." }),
    request_id: z.string().openapi({ description: "On every log line of this request." }),
  })
  .openapi("Problem");

/** For a route's description: its answers that are problems. */
export function problemAnswers(...codes: readonly number[]) {
  return Object.fromEntries(
    [...codes, 500].map((status) => [
      status,
      {
        description: descriptions[status] ?? "A problem.",
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}

const descriptions: Readonly<Record<number, string>> = {
  400: "The request is not valid.",
  401: "Who calls could not be verified.",
  403: "The token does not allow this.",
  404: "There is no such thing, or it belongs to another owner.",
  409: "Its state does not allow this.",
  413: "The body is too large.",
  415: "The body has the wrong type.",
  500: "Something went wrong here; nothing was changed.",
  503: "Something that is needed does not answer.",
};

interface Failure {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly reason?: string | undefined;
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function answerError(error: unknown, c: ApiRequest): Response {
  const failure = describe(error);
  if (failure.status >= 500) c.get("log").error({ err: error }, "request failed");
  return answer(c, failure);
}

export function answerNotFound(c: ApiRequest): Response {
  return answer(c, { status: 404, code: "not_found", detail: `${c.req.method} ${c.req.path}` });
}

function describe(error: unknown): Failure {
  if (error instanceof ReviewdError) {
    const { code, reason, message: detail, retryAfterMs } = error;
    const retryAfter = { "retry-after": String(Math.ceil((retryAfterMs ?? 0) / 1_000)) };
    const headers = retryAfterMs === undefined ? {} : retryAfter;
    return { status: statuses[code], code, reason, detail, headers };
  }
  if (error instanceof HTTPException) {
    const { status, message: detail } = error;
    const code = transportCodes[status] ?? "invalid_input";
    return { status, code, detail, headers: status === 401 ? { "www-authenticate": "Bearer" } : {} };
  }
  return { status: 500, code: "internal_error" };
}

function answer(c: ApiRequest, { status, code, reason, detail, headers }: Failure): Response {
  const problem: z.output<typeof problemSchema> = {
    type: "about:blank",
    title: titles[code] ?? code,
    status,
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    request_id: c.get("requestId"),
  };
  return c.body(JSON.stringify(problem), status, { "content-type": "application/problem+json", ...headers });
}
