import { expect, test } from "bun:test";
import { outcomeOfError } from "../../../src/domain/task/outcome-of-error.ts";
import { ReviewdError } from "../../../src/errors.ts";

test("what may go away by itself is tried again, when the other side said", () => {
  const limited = new ReviewdError("rate_limited", "later", { retryAfterMs: 30_000 });
  expect(outcomeOfError(limited)).toEqual({
    kind: "retry",
    reason: "retry",
    error: "later",
    delayMs: 30_000,
  });
  expect(outcomeOfError(new ReviewdError("unavailable", "502"))).toMatchObject({ kind: "retry" });
});

test("what will fail again fails at once, with its reason", () => {
  expect(outcomeOfError(new ReviewdError("forbidden", "no"))).toMatchObject({
    kind: "failed",
    reason: "permission_denied",
  });
  expect(outcomeOfError(new ReviewdError("not_found", "gone"))).toMatchObject({
    reason: "pull_request_gone",
  });
  expect(outcomeOfError(new ReviewdError("invalid_input", "bad"))).toMatchObject({
    reason: "internal_error",
  });
});

test("the message decides nothing: a bug that speaks of a limit is still a bug, counted as an attempt", () => {
  const bug = outcomeOfError(new TypeError("rate limit exceeded, retry in 30 s"));
  expect(bug).toEqual({ kind: "retry", reason: "retry", error: "rate limit exceeded, retry in 30 s" });
});
