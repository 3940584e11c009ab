import { expect, test } from "bun:test";
import { defaultConfiguration } from "../../../src/domain/configuration/configuration.ts";
import {
  decideGate,
  type GateFacts,
  type GateRules,
  isGateLabel,
  leavesForkToRun,
} from "../../../src/domain/task/review-gate.ts";

const defaults = defaultConfiguration(false);

const open: GateFacts = {
  trigger: "webhook",
  reviewMode: "on",
  plan: "active",
  rules: defaults,
  pullRequest: { draft: false, authorIsBot: false, labels: [], fromFork: false, pausedAt: null },
  authorMayWrite: null,
  forkReviews: 0,
};
const rules = (values: Partial<GateRules>) => ({ rules: { ...defaults, ...values } });
const fork = (values: Partial<GateFacts> = {}) => ({ ...pullRequest({ fromFork: true }), ...values });
const pullRequest = (values: Partial<GateFacts["pullRequest"]>) => ({
  pullRequest: { ...open.pullRequest, ...values },
});

test.each([
  [{}, null],
  [{ reviewMode: "dry_run" }, null],
  [{ reviewMode: "off" }, "repository_off"],
  [{ plan: "blocked" }, "plan_blocked"],
  [pullRequest({ draft: true }), "draft"],
  [pullRequest({ authorIsBot: true }), "bot_author"],
  [{ reviewMode: "label" }, "label_missing"],
  [{ reviewMode: "label", ...pullRequest({ labels: ["bug"] }) }, "label_missing"],
  [{ reviewMode: "label", ...pullRequest({ labels: ["bug", "ReviewD"] }) }, null],
  [{ reviewMode: "off", plan: "blocked", ...pullRequest({ draft: true }) }, "repository_off"],
  [rules({ enabled: false }), "disabled"],
  [{ ...pullRequest({ draft: true }), ...rules({ drafts: true }) }, null],
  [{ ...pullRequest({ authorIsBot: true }), ...rules({ bots: true }) }, null],
  [pullRequest({ pausedAt: new Date(0) }), "paused"],
  [{ rules: null, ...pullRequest({ pausedAt: new Date(0) }) }, "paused"],
  [rules({ requiredLabels: ["Ready"] }), "label_missing"],
  [{ ...rules({ requiredLabels: ["Ready"] }), ...pullRequest({ labels: ["ready"] }) }, null],
  [{ ...rules({ excludedLabels: ["WIP"] }), ...pullRequest({ labels: ["wip", "ready"] }) }, "label_excluded"],
  [rules({ forks: "off" }), null],
  [fork(rules({ forks: "off" })), "fork_policy"],
  [fork(rules({ forks: "members" })), null],
  [fork({ ...rules({ forks: "members" }), authorMayWrite: true }), null],
  [fork({ ...rules({ forks: "members" }), authorMayWrite: false }), "fork_policy"],
  [fork({ forkReviews: 19 }), null],
  [fork({ forkReviews: 20 }), "author_limit"],
  [{ forkReviews: 20 }, null],
  [
    { rules: null, ...pullRequest({ draft: true, authorIsBot: true, fromFork: true }), forkReviews: 99 },
    null,
  ],
  [{ rules: null, reviewMode: "label" }, "label_missing"],
] as const)("%j: %p", (facts, reason) => {
  expect(decideGate({ ...open, ...facts })).toBe(reason);
});

test("what a person asked for passes the gates for automatic reviews, but not those of repository and plan", () => {
  const asked = {
    ...open,
    trigger: "rerequest",
    ...pullRequest({ draft: true, authorIsBot: true }),
  } as const;
  expect(decideGate({ ...asked, reviewMode: "label" })).toBeNull();
  expect(decideGate({ ...asked, reviewMode: "off" })).toBe("repository_off");
  expect(decideGate({ ...asked, plan: "blocked" })).toBe("plan_blocked");
  expect(decideGate({ ...asked, ...rules({ enabled: false }) })).toBe("disabled");
  expect(decideGate({ ...asked, ...fork(rules({ forks: "off" })), forkReviews: 99 })).toBeNull();
});

test("only whether the author of a fork may write is left to the run", () => {
  const members = fork(rules({ forks: "members" }));
  expect(leavesForkToRun({ ...open, ...members })).toBe(true);
  expect(leavesForkToRun({ ...open, ...members, authorMayWrite: false })).toBe(false);
  expect(leavesForkToRun({ ...open, ...rules({ forks: "members" }) })).toBe(false);
  expect(leavesForkToRun({ ...open, ...fork() })).toBe(false);
});

test("labels that open or close a gate are those of the mode and of the rules; any, where these are not known", () => {
  const named = { ...defaults, requiredLabels: ["Ready"], excludedLabels: ["wip"] };
  expect(["reviewd", "READY", "wip", "bug"].filter((label) => isGateLabel(label, "on", named))).toEqual([
    "READY",
    "wip",
  ]);
  expect(isGateLabel("Reviewd", "label", defaults)).toBe(true);
  expect(isGateLabel("reviewd", "on", defaults)).toBe(false);
  expect(isGateLabel("bug", "on", null)).toBe(true);
});
