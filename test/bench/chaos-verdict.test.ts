/** The verdict on chaos, against histories with one thing wrong: or else its zeros would mean nothing. */
import { expect, test } from "bun:test";
import type { ChaosHistory } from "../../bench/support/chaos-history.ts";
import type { RecordedRun } from "../../bench/support/chaos-record.ts";
import { faultKinds, findFaults, restartP95Ms } from "../../bench/support/chaos-verdict.ts";

const names = { taskId: "task", ownerId: "owner", pullRequestId: "pull request", publishes: true };
const lostRun: RecordedRun = {
  ...names,
  ...{ fence: 1, workerId: "dead", from: 1_000, to: 2_000, outcome: null },
};
const lastRun: RecordedRun = {
  ...names,
  ...{ fence: 2, workerId: "alive", from: 9_000, to: 10_000, outcome: "completed" },
};
const ended = { recordPath: "", logPath: "", exitCode: 0, endingAt: 20_000, goneAt: 20_000, isKilled: false };
const killed = { ...ended, endingAt: 1_990, goneAt: 2_000, isKilled: true };
const task = { id: "task", status: "completed", reason: "reviewed", fence: 2, attemptCount: 1 } as const;
const lostAttempt: ChaosHistory["attempts"][number] = {
  ...{ taskId: "task", fence: 1, workerId: "dead", finishedAt: 8_500 },
  outcome: "worker_lost",
};
const lastAttempt: ChaosHistory["attempts"][number] = {
  ...{ taskId: "task", fence: 2, workerId: "alive", finishedAt: 10_500 },
  outcome: "completed",
};

/** A task whose process is killed, and which another process completes when the lease is over. */
const sound: ChaosHistory = {
  happened: { kills: 1, standStills: 0, replacements: 0, crashes: 0 },
  errors: [],
  brokenSeats: [],
  looks: 1,
  caps: new Map([["owner", 1]]),
  capChanges: [],
  unsteadyOwners: [],
  queued: ["task"],
  processes: [
    { ...killed, runs: [lostRun] },
    { ...ended, runs: [lastRun] },
  ],
  leaseEnds: new Map([
    ["dead", 8_000],
    ["alive", 30_000],
  ]),
  tasks: [task],
  attempts: [lostAttempt, lastAttempt],
  postgresVersion: "",
};

/** By what is wrong: the history, and the kinds of fault it must be called. */
const wrong: Readonly<Record<string, readonly [Partial<ChaosHistory>, ...string[]]>> = {
  "a task runs again while its first process has the lease": [
    {
      processes: [{ ...ended, runs: [{ ...lostRun, to: 9_500 }, lastRun] }],
      leaseEnds: new Map([
        ["dead", 9_600],
        ["alive", 30_000],
      ]),
      attempts: [{ ...lostAttempt, finishedAt: 9_700 }, lastAttempt],
    },
    "overCap",
    "twoPerPullRequest",
    "double",
  ],
  "a task is taken from a live process": [
    { attempts: [{ ...lostAttempt, finishedAt: 7_000 }, lastAttempt] },
    "double",
  ],
  "a process that woke up completes what another one has by now": [
    {
      processes: [{ ...ended, runs: [{ ...lostRun, to: 9_500, outcome: "completed" }, lastRun] }],
      tasks: [{ ...task, attemptCount: 2 }],
      attempts: [{ ...lostAttempt, outcome: "completed", finishedAt: 9_600 }, lastAttempt],
    },
    "double",
  ],
  "the same claim is run twice": [
    { processes: [...sound.processes, { ...ended, runs: [lastRun] }] },
    "overCap",
    "twoPerPullRequest",
    "double",
  ],
  "a run that nobody claimed": [
    {
      processes: [...sound.processes, { ...ended, runs: [{ ...lastRun, taskId: "other", from: 1, to: 2 }] }],
    },
    "double",
  ],
  "a claim that left no trace": [
    { processes: [{ ...ended, runs: [lastRun] }], attempts: [lastAttempt] },
    "lost",
  ],
  "a task that is not there": [{ queued: ["task", "another"] }, "lost"],
  "a task that completed and was not run": [
    {
      processes: [
        { ...killed, runs: [lostRun] },
        { ...ended, runs: [{ ...lastRun, outcome: "threw" }] },
      ],
    },
    "lost",
  ],
  "a run that completed and was not taken for it": [
    {
      tasks: [{ ...task, status: "failed", reason: "attempts_exhausted" }],
      attempts: [lostAttempt, { ...lastAttempt, outcome: "failed" }],
    },
    "lost",
  ],
  "a task that waits for ever": [{ tasks: [{ ...task, status: "pending", reason: "retry" }] }, "stuck"],
  "an attempt counted that was lost": [{ tasks: [{ ...task, attemptCount: 2 }] }, "miscounted"],
};

test("a history in which nothing is wrong has no fault", () => {
  expect(kindsOf(sound)).toEqual([]);
});

test.each(Object.entries(wrong))("%s", (_what, [history, ...kinds]) => {
  expect(kindsOf({ ...sound, ...history })).toEqual(kinds);
});

test("a process that wakes up after its lease was over does no harm", () => {
  const woken = { ...lostRun, to: 9_500, outcome: "completed" };
  expect(kindsOf({ ...sound, processes: [{ ...ended, runs: [woken, lastRun] }] })).toEqual([]);
});

test("the wait is from the kill to the task's next run", () => {
  expect(restartP95Ms(sound)).toBe((lastRun.from - killed.endingAt) / 1_000);
  expect(restartP95Ms({ ...sound, unsteadyOwners: ["owner"] })).toBeNaN();
});

function kindsOf(history: ChaosHistory): readonly string[] {
  const faults = findFaults(history);
  return faultKinds.filter((kind) => faults[kind].length > 0);
}
