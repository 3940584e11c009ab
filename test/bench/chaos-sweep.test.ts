/** The sweep that judges chaos, against runs made up so that it is known what it must find. */
import { describe, expect, test } from "bun:test";
import type { RecordedRun } from "../../bench/support/chaos-record.ts";
import { type CapChange, findOverCap, findSimultaneous } from "../../bench/support/chaos-sweep.ts";

/** Of one owner, each of a task of its own. */
function run(from: number, to: number): RecordedRun {
  const taskId = `${from}-${to}`;
  const names = { taskId, fence: 1, workerId: "worker", ownerId: "owner", pullRequestId: "pull request" };
  return { ...names, publishes: true, from, to, outcome: "completed" };
}

function change(cap: number, askedAt: number, answeredAt: number): CapChange {
  return { ownerId: "owner", cap, askedAt, answeredAt };
}

function overCap(runs: readonly RecordedRun[], cap: number, changes: readonly CapChange[] = []): number {
  return findOverCap(runs, new Map([["owner", cap]]), changes).length;
}

describe("runs at the same time", () => {
  const count = (...runs: readonly RecordedRun[]) =>
    findSimultaneous(runs, ({ pullRequestId }) => pullRequestId).length;

  test("one after the other are none", () => {
    expect(count(run(0, 10), run(10, 20), run(20, 30))).toBe(0);
  });

  test("one that begins before another ended is one", () => {
    expect(count(run(0, 11), run(10, 20))).toBe(1);
  });

  test("of different keys are none", () => {
    expect(count(run(0, 11), { ...run(10, 20), pullRequestId: "another" })).toBe(0);
  });
});

describe("runs over a cap", () => {
  const three = [run(0, 100), run(1, 100), run(2, 100)];

  test("as many as the cap are none", () => {
    expect(overCap(three, 3)).toBe(0);
  });

  test("each one more is one", () => {
    expect(overCap(three, 2)).toBe(1);
    expect(overCap(three, 1)).toBe(2);
  });

  test("a raised cap counts from when it was asked for", () => {
    expect(overCap(three, 2, [change(3, 2, 50)])).toBe(0);
    expect(overCap(three, 2, [change(3, 3, 50)])).toBe(1);
  });

  test("a lowered cap counts when it was made", () => {
    expect(overCap(three, 3, [change(1, 0, 200)])).toBe(0);
  });

  test("what had a seat when the cap was lowered may begin, and nothing beyond", () => {
    const lowered = [change(1, 5, 6)];
    const running = [run(0, 100), run(1, 100)];
    expect(overCap([...running, run(10, 20)], 3, lowered)).toBe(0);
    expect(overCap([...running, run(10, 20), run(30, 40)], 3, lowered)).toBe(1);
  });
});
