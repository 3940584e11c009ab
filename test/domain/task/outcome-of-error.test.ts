import { expect, test } from "bun:test";
import { ModelError } from "../../../src/adapters/reviewer/model/model-client.ts";
import { modelNotSetUp } from "../../../src/domain/review/ask-reviewers.ts";
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

test("a model that is wanted and not set up is no permission that is missing", () => {
  const missing = new ReviewdError("invalid_input", "none", { reason: modelNotSetUp });
  expect(outcomeOfError(missing)).toEqual({ kind: "failed", reason: "model_not_set_up", error: "none" });
});

test("the message decides nothing: a bug that speaks of a limit is still a bug, counted as an attempt", () => {
  const bug = outcomeOfError(new TypeError("rate limit exceeded, retry in 30 s"));
  expect(bug).toEqual({ kind: "retry", reason: "retry", error: "rate limit exceeded, retry in 30 s" });
});

test.each([
  ["invalid_output", "model_output_invalid"],
  ["empty", "model_output_invalid"],
  ["cut_off", "model_output_invalid"],
  ["context_exceeded", "model_output_invalid"],
  ["refused", "model_refused"],
  ["unauthorized", "model_unauthorized"],
  ["rejected", "model_rejected"],
] as const)("a model's answer that is %s fails the task as %s", (outcome, reason) => {
  expect(outcomeOfError(new ModelError(outcome, "said so"))).toEqual({
    kind: "failed",
    reason,
    error: "said so",
  });
});

test.each(["rate_limited", "timed_out", "unavailable"] as const)(
  "a model that is %s is asked again",
  (outcome) => {
    expect(outcomeOfError(new ModelError(outcome, "later", { retryAfterMs: 5_000 }))).toEqual({
      kind: "retry",
      reason: "retry",
      error: "later",
      delayMs: 5_000,
    });
  },
);
