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

/** By status, with what only HTTP knows. */
const codes: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Object.entries(statuses).map(([code, status]) => [status, code])),
  401: "unauthenticated",
  413: "payload_too_large",
  415: "unsupported_media_type",
  500: "internal_error",
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
    code: z.string().openapi({ description: "Stable: programs decide on this one." }),
    reason: z.string().optional().openapi({
      description: "Stable, too: which of several ways, where the code stands for more than one.",
    }),
    detail: z.string().optional().openapi({ description: "What exactly, for people." }),
    request_id: z.string().openapi({ description: "On every log line of this request." }),
  })
  .openapi("Problem");

type Problem = z.output<typeof problemSchema>;

/** For a route's description: its answers that are problems. */
export function problemAnswers(...statusCodes: readonly number[]) {
  return Object.fromEntries(
    [...statusCodes, 500].map((status) => [status, problemAnswer(status, { example: exampleOf(status) })]),
  );
}

/** For the description of a route that refuses for one of these reasons. */
export function conflictAnswers(refusals: Readonly<Record<string, string>>) {
  const examples = Object.entries(refusals).map(([reason, detail]) => [
    reason,
    { value: exampleOf(409, { reason, detail }) },
  ]);
  return { 409: problemAnswer(409, { examples: Object.fromEntries(examples) }) };
}

type Examples =
  | { readonly example: Problem }
  | { readonly examples: Readonly<Record<string, { value: Problem }>> };

function problemAnswer(status: number, examples: Examples) {
  const content = { "application/problem+json": { schema: problemSchema, ...examples } };
  return { description: descriptions[status] ?? "A problem.", content };
}

function exampleOf(status: number, { reason, detail }: Pick<Problem, "reason" | "detail"> = {}): Problem {
  const code = codes[status] ?? "internal_error";
  const failure = { status, code, reason, detail: detail ?? exampleDetails[status] };
  return problemOf(failure, "019aa5f6-6a7c-7000-a1b0-5f2d3c4b6a79");
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

/** What the framework says by itself of a body of another type. */
const wrongType = "Unsupported Media Type";
const jsonWanted = "send the body as JSON, with the header Content-Type: application/json";

const exampleDetails: Readonly<Record<number, string>> = {
  400: "limit: expected a whole number from 1 to 100",
  401: "send a valid token: Authorization: Bearer rvd_…",
  403: "the token lacks the scope review:read",
  413: "at most 26214400 bytes are taken",
  415: jsonWanted,
  503: "the database does not answer",
};

interface Failure<Status = ContentfulStatusCode> {
  readonly status: Status;
  readonly code: string;
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
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
    const { status, message } = error;
    const detail = message === wrongType ? jsonWanted : message;
    const code = codes[status] ?? "invalid_input";
    return { status, code, detail, headers: status === 401 ? { "www-authenticate": "Bearer" } : {} };
  }
  return { status: 500, code: "internal_error" };
}

function answer(c: ApiRequest, { headers, ...failure }: Failure): Response {
  const problem = JSON.stringify(problemOf(failure, c.get("requestId")));
  return c.body(problem, failure.status, { "content-type": "application/problem+json", ...headers });
}

function problemOf({ status, code, reason, detail }: Failure<number>, requestId: string): Problem {
  return {
    type: "about:blank",
    title: titles[code] ?? code,
    status,
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    request_id: requestId,
  };
}
