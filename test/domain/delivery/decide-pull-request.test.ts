import { expect, test } from "bun:test";
import type { PullRequestFacts } from "../../../src/adapters/forge/forge.ts";
import { defaultConfiguration } from "../../../src/domain/configuration/configuration.ts";
import { decidePullRequest } from "../../../src/domain/delivery/decide-pull-request.ts";
import type { PullRequestChange } from "../../../src/domain/delivery/delivery-event.ts";
import type { GateRules } from "../../../src/domain/task/review-gate.ts";
import { commit, second } from "./payloads.ts";

const facts: PullRequestFacts = {
  number: 7,
  title: "Add cart",
  state: "open",
  merged: false,
  draft: false,
  author: null,
  fromFork: false,
  labels: [],
  headSha: commit("a"),
  baseRef: "main",
  baseSha: commit("b"),
  updatedAt: second(0),
  closedAt: null,
};

function decide(
  change: PullRequestChange,
  told: Partial<PullRequestFacts> = {},
  options: {
    stored?: Partial<PullRequestFacts> | null;
    reviewMode?: "on" | "label";
    rules?: GateRules | null;
  } = {},
) {
  const { stored = {}, reviewMode = "on", rules = defaultConfiguration(false) } = options;
  const before = stored === null ? null : { ...facts, ...stored };
  return decidePullRequest({ change, stored: before, facts: { ...facts, ...told }, reviewMode, rules });
}

const review = { do: "request_review" } as const;
const noChange = { do: "nothing", reason: "no_change" } as const;
const retitled: PullRequestChange = { action: "edited", formerBaseRef: null };

test.each([
  [{ action: "opened" }],
  [{ action: "reopened" }],
  [{ action: "ready_for_review" }],
  [{ action: "converted_to_draft" }],
  [{ action: "synchronize", before: commit("0") }],
  [{ action: "edited", formerBaseRef: "release" }],
] as const)("%j asks for a review, or for its skipping", (change) => {
  expect(decide(change)).toEqual(review);
});

test("another title or a label starts nothing", () => {
  expect(decide(retitled)).toEqual(noChange);
  expect(decide({ action: "labeled", label: "reviewd" })).toEqual(noChange);
});

test("where a label asks for reviews, that label does, in upper or lower case, and no other", () => {
  const options = { reviewMode: "label" } as const;
  expect(decide({ action: "labeled", label: "Reviewd" }, {}, options)).toEqual(review);
  expect(decide({ action: "unlabeled", label: "reviewd" }, {}, options)).toEqual(review);
  expect(decide({ action: "labeled", label: "bug" }, {}, options)).toEqual(noChange);
  expect(decide({ action: "unlabeled", label: null }, {}, options)).toEqual(noChange);
});

test("a label that the configuration names asks, and any where the configuration may have changed", () => {
  const named = { rules: { ...defaultConfiguration(false), excludedLabels: ["wip"] } };
  expect(decide({ action: "labeled", label: "WIP" }, {}, named)).toEqual(review);
  expect(decide({ action: "labeled", label: "bug" }, {}, named)).toEqual(noChange);
  expect(decide({ action: "unlabeled", label: "bug" }, {}, { rules: null })).toEqual(review);
});

test.each([
  ["the pull request", null],
  ["its head", { headSha: commit("0") }],
  ["its base", { baseRef: "release" }],
  ["that it is ready", { draft: true }],
  ["that it is open", { state: "closed" }],
] as const)("any event that is the first to tell %s makes up for the lost one", (_, stored) => {
  expect(decide(retitled, {}, { stored })).toEqual(review);
});

test("a closed pull request is cancelled once, by whichever event tells first", () => {
  const closed = { state: "closed" } as const;
  expect(decide({ action: "closed" }, closed)).toEqual({ do: "cancel", reason: "closed" });
  expect(decide({ action: "closed" }, { ...closed, merged: true })).toEqual({
    do: "cancel",
    reason: "merged",
  });
  expect(decide(retitled, closed)).toEqual({ do: "cancel", reason: "closed" });
  expect(decide(retitled, closed, { stored: closed })).toEqual({ do: "nothing", reason: "closed" });
});
