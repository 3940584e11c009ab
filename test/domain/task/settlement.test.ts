import { describe, expect, test } from "bun:test";
import {
  decideSettlement,
  type RunningTask,
  retryDelayMs,
  type UnfinishedOutcome,
} from "../../../src/domain/task/settlement.ts";

const firstAttempt: RunningTask = { stopRequested: null, attemptCount: 1, maxAttempts: 3, lostCount: 0 };
const failure: UnfinishedOutcome = { kind: "retry", reason: "retry", error: "GitHub answered 502" };

describe("an attempt that failed transiently", () => {
  test("comes back later, counted", () => {
    const settlement = decideSettlement(firstAttempt, failure, 0);
    expect(settlement).toEqual({
      transition: { to: "pending", reason: "retry", delayMs: 5_000 },
      attempt: "retried",
      attemptCount: 1,
      lostCount: 0,
      error: "GitHub answered 502",
    });
  });

  test("waits as long as the forge asked for, when that is longer", () => {
    const { transition } = decideSettlement(firstAttempt, { ...failure, delayMs: 60_000 }, 0);
    expect(transition).toEqual({ to: "pending", reason: "retry", delayMs: 60_000 });
  });

  test("ends as failed when it was the last", () => {
    const { transition, error } = decideSettlement({ ...firstAttempt, attemptCount: 3 }, failure, 0);
    expect(transition).toEqual({ to: "failed", reason: "attempts_exhausted" });
    expect(error).toBe("GitHub answered 502");
  });

  test.each(["content_budget", "action_required"] as const)(
    "costs no attempt while it has to wait for %s",
    (reason) => {
      const wait: UnfinishedOutcome = {
        kind: "retry",
        reason,
        error: "500 an hour",
        delayMs: 1_000,
      };
      const settlement = decideSettlement({ ...firstAttempt, attemptCount: 3 }, wait, 0);
      expect(settlement.transition.to).toBe("pending");
      expect(settlement.attemptCount).toBe(2);
    },
  );
});

test("a stop that was withdrawn before its task had ended hands the task back", () => {
  const { transition, attemptCount } = decideSettlement(firstAttempt, { kind: "stopped" }, 0);
  expect(transition).toEqual({ to: "pending", reason: "released", delayMs: null });
  expect(attemptCount).toBe(0);
});

describe("a stop that was requested", () => {
  test("wins over a failure, so that a cancelled task is not tried again", () => {
    const { transition } = decideSettlement({ ...firstAttempt, stopRequested: "requested" }, failure, 0);
    expect(transition).toEqual({ to: "cancelled", reason: "requested" });
  });

  test("ends a task with a newer head as superseded", () => {
    const { transition } = decideSettlement(
      { ...firstAttempt, stopRequested: "new_head" },
      { kind: "stopped" },
      0,
    );
    expect(transition).toEqual({ to: "superseded", reason: "new_head" });
  });

  test("also ends a task whose worker was lost meanwhile", () => {
    const { transition } = decideSettlement(
      { ...firstAttempt, stopRequested: "closed" },
      { kind: "lost" },
      0,
    );
    expect(transition).toEqual({ to: "cancelled", reason: "closed" });
  });
});

describe("a task whose process died", () => {
  test("is due again at once with its attempt refunded", () => {
    const settlement = decideSettlement(firstAttempt, { kind: "lost" }, 0);
    expect(settlement.transition).toEqual({ to: "pending", reason: "worker_lost", delayMs: null });
    expect(settlement.attemptCount).toBe(0);
    expect(settlement.lostCount).toBe(1);
  });

  test("fails the third time and says so", () => {
    const settlement = decideSettlement({ ...firstAttempt, lostCount: 2 }, { kind: "lost" }, 0);
    expect(settlement.transition).toEqual({ to: "failed", reason: "worker_lost" });
    expect(settlement.error).toContain("3 times");
  });
});

describe("a head that its run finds is not to be reviewed", () => {
  const skipped: UnfinishedOutcome = { kind: "skipped", reason: "fork_policy" };

  test("ends as skipped, with its reason and no error", () => {
    expect(decideSettlement(firstAttempt, skipped, 0)).toEqual({
      transition: { to: "skipped", reason: "fork_policy" },
      attempt: "skipped",
      attemptCount: 1,
      lostCount: 0,
      error: null,
    });
  });

  test("ends as what it was told to stop for, where it was", () => {
    const { transition } = decideSettlement({ ...firstAttempt, stopRequested: "closed" }, skipped, 0);
    expect(transition).toEqual({ to: "cancelled", reason: "closed" });
  });
});

test("a task handed back at shutdown keeps its attempt", () => {
  const settlement = decideSettlement({ ...firstAttempt, attemptCount: 2 }, { kind: "released" }, 0);
  expect(settlement.transition).toEqual({ to: "pending", reason: "released", delayMs: null });
  expect(settlement.attemptCount).toBe(1);
});

test("retries spread between half and all of a delay that doubles up to ten minutes", () => {
  expect([1, 2, 3].map((attempt) => retryDelayMs(attempt, 1))).toEqual([10_000, 20_000, 40_000]);
  expect(retryDelayMs(1, 0)).toBe(5_000);
  expect(retryDelayMs(30, 1)).toBe(600_000);
});
