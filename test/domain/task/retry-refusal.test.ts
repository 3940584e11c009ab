import { expect, test } from "bun:test";
import { defaultConfiguration } from "../../../src/domain/configuration/configuration.ts";
import { type RetryFacts, refuseRetry } from "../../../src/domain/task/retry-refusal.ts";

const task = { status: "failed", trigger: "webhook", headSha: "a", baseRef: "main" } as const;
const pullRequest = {
  ...{ state: "open", headSha: "a", baseRef: "main", draft: false, authorIsBot: false, labels: [] },
  ...{ fromFork: false, pausedAt: null },
} as const satisfies Partial<RetryFacts["pullRequest"]>;
const facts = {
  ...{ task, pullRequest: { ...pullRequest, labels: [] }, standIn: null },
  ...{ reviewMode: "on", installation: "active", plan: "active", rules: null },
} as const satisfies RetryFacts;

test.each(["failed", "cancelled"] as const)("what %s may be retried", (status) => {
  expect(refuseRetry({ ...facts, task: { ...task, status } })).toBeNull();
});

test.each<readonly [string, Partial<RetryFacts>]>([
  ["already_queued", { task: { ...task, status: "pending" } }],
  ["already_running", { task: { ...task, status: "running" } }],
  ["already_reviewed", { task: { ...task, status: "completed" } }],
  ["superseded", { task: { ...task, status: "superseded" } }],
  ["skipped", { task: { ...task, status: "skipped" } }],
  ["closed", { pullRequest: { ...facts.pullRequest, state: "closed" } }],
  ["new_head", { pullRequest: { ...facts.pullRequest, headSha: "b" } }],
  ["retargeted", { pullRequest: { ...facts.pullRequest, baseRef: "next" } }],
  ["suspended", { installation: "suspended" }],
  ["uninstalled", { installation: "deleted" }],
  ["uninstalled", { installation: null }],
  ["already_queued", { standIn: "pending" }],
  ["already_running", { standIn: "running" }],
  ["already_reviewed", { standIn: "completed" }],
  ["repository_off", { reviewMode: "off" }],
  ["plan_blocked", { plan: "blocked" }],
  ["draft", { pullRequest: { ...facts.pullRequest, draft: true }, rules: defaultConfiguration(false) }],
  ["disabled", { rules: { ...defaultConfiguration(false), enabled: false } }],
  ["paused", { pullRequest: { ...facts.pullRequest, pausedAt: new Date() } }],
  ["label_missing", { reviewMode: "label" }],
])("refused as %s: %o", (reason, differing) => {
  expect(refuseRetry({ ...facts, ...differing })).toBe(reason as never);
});

test("what a person had asked for passes what is meant for automatic reviews", () => {
  const draft = { ...facts.pullRequest, draft: true };
  const rules = defaultConfiguration(false);
  expect(
    refuseRetry({ ...facts, rules, pullRequest: draft, task: { ...task, trigger: "rerequest" } }),
  ).toBeNull();
});

test("that it is over for good goes before what has changed around it", () => {
  const closed = { ...facts.pullRequest, state: "closed", headSha: "b" } as const;
  expect(refuseRetry({ ...facts, pullRequest: closed, task: { ...task, status: "pending" } })).toBe(
    "already_queued",
  );
});
