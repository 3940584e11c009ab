import { describe, expect, test } from "bun:test";
import { RequestError } from "@octokit/request-error";
import { InstallationUnavailableError } from "../../../../src/adapters/forge/forge.ts";
import { toFailure } from "../../../../src/adapters/forge/github/failure.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");
const secondsFromNow = (seconds: number) => String(nowMs / 1_000 + seconds);

interface Case {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Record<string, string>;
}

function failureFor({ status, message = "no", headers = {} }: Case, asApp = false): unknown {
  const request = { method: "GET" as const, url: "https://api.github.com/x", headers: {} };
  const response = { status, url: request.url, headers, data: {} };
  const error = new RequestError(message, status, { request, response });
  return toFailure(error, { what: "GET /x", asApp, nowMs });
}

describe("a limit is told from a missing permission", () => {
  const limits: readonly (Case & { readonly retryAfterMs: number })[] = [
    { status: 403, headers: { "retry-after": "42" }, retryAfterMs: 42_000 },
    { status: 429, headers: { "retry-after": "0" }, retryAfterMs: 1_000 },
    {
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": secondsFromNow(300) },
      retryAfterMs: 300_000,
    },
    {
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": secondsFromNow(-5) },
      retryAfterMs: 1_000,
    },
    {
      status: 403,
      message: "You have exceeded a secondary rate limit",
      headers: { "x-ratelimit-remaining": "4000", "x-ratelimit-reset": secondsFromNow(3_000) },
      retryAfterMs: 60_000,
    },
    { status: 403, message: "You have triggered an abuse detection mechanism", retryAfterMs: 60_000 },
    { status: 429, retryAfterMs: 60_000 },
    { status: 403, headers: { "retry-after": "soon" }, retryAfterMs: 60_000 },
    { status: 422, message: "Validation Failed: was submitted too quickly", retryAfterMs: 60_000 },
  ];
  for (const { retryAfterMs, ...answer } of limits) {
    test(`${answer.status} ${answer.message ?? ""} ${JSON.stringify(answer.headers ?? {})}`, () => {
      expect(failureFor(answer)).toMatchObject({ code: "rate_limited", retryAfterMs });
    });
  }

  test("403 with calls left is a missing permission", () => {
    const headers = { "x-ratelimit-remaining": "4999", "x-ratelimit-reset": secondsFromNow(60) };
    const failure = failureFor({ status: 403, message: "Resource not accessible by integration", headers });
    expect(failure).toMatchObject({ code: "forbidden", retryAfterMs: undefined });
  });
});

const codes = {
  400: "invalid_input",
  404: "not_found",
  406: "invalid_input",
  409: "conflict",
  410: "not_found",
  422: "invalid_input",
  451: "forbidden",
  500: "unavailable",
  502: "unavailable",
  503: "unavailable",
} as const;

for (const [status, code] of Object.entries(codes)) {
  test(`${status} is ${code}, with what GitHub said`, () => {
    const failure = failureFor({ status: Number(status), message: "line must be part of the diff" });
    expect(failure).toMatchObject({ code, message: `GET /x: ${status} line must be part of the diff` });
  });
}

test("a suspended installation is told from a missing permission", () => {
  const failure = failureFor({ status: 403, message: "This installation has been suspended - https://docs" });
  expect(failure).toBeInstanceOf(InstallationUnavailableError);
  expect(failure).toMatchObject({ code: "forbidden", state: "suspended" });
});

test("401 is final for the App, and passes for a token", () => {
  expect(failureFor({ status: 401 }, true)).toMatchObject({ code: "forbidden" });
  expect(failureFor({ status: 401 }, false)).toMatchObject({ code: "unavailable" });
});

test("an error page is cut short", () => {
  const failure = failureFor({ status: 502, message: `<html>\n\n${"x".repeat(10_000)}` });
  expect(failure).toBeInstanceOf(Error);
  expect((failure as Error).message.length).toBeLessThan(600);
});

test("a bug stays a bug", () => {
  const bug = new TypeError("undefined is not a function");
  expect(toFailure(bug, { what: "GET /x", asApp: false, nowMs })).toBe(bug);
});
