import { expect, test } from "bun:test";
import { decideGate, type GateFacts } from "../../../src/domain/task/review-gate.ts";

const open: GateFacts = {
  trigger: "webhook",
  reviewMode: "on",
  plan: "active",
  pullRequest: { draft: false, authorIsBot: false, labels: [] },
};
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
});
