import { describe, expect, test } from "bun:test";
import { ModelError } from "../../../src/adapters/reviewer/model/model-client.ts";
import type { Review, Reviewer, ReviewInput } from "../../../src/adapters/reviewer/reviewer.ts";
import { type Asking, askReviewers } from "../../../src/domain/review/ask-reviewers.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { aFinding } from "./build.ts";

const input: ReviewInput = {
  files: [],
  readFile: async () => null,
  signal: new AbortController().signal,
  isExcluded: () => false,
  disabledRules: new Set(),
  brief: {
    model: null,
    effort: null,
    pullRequest: { title: "", body: "", baseRef: "main" },
    instructions: [],
    guidance: null,
    earlier: [],
  },
  onModelCall: async () => {},
};

function finds(name: "rules" | "model"): Reviewer {
  const review: Review = { findings: [aFinding({ reviewer: name })], reviewedPaths: [], notReviewed: [] };
  return { name, review: async () => review };
}

function fails(error: Error): Reviewer {
  return { name: "model", review: () => Promise.reject(error) };
}

function asking(
  reviewers: Asking["configuration"]["reviewers"],
  values: { readonly fallbackToRules?: boolean; readonly isLastAttempt?: boolean } = {},
): Asking {
  const { fallbackToRules = true, isLastAttempt = false } = values;
  return { configuration: { reviewers, fallbackToRules }, isLastAttempt };
}

const unreachable = new ModelError("unavailable", "the model is down");

describe("the reviewers a configuration names", () => {
  test.each([
    [["rules"], ["rules"]],
    [["model"], ["model"]],
    [
      ["rules", "model"],
      ["rules", "model"],
    ],
  ] as const)("%p are those that are asked", async (named, answered) => {
    const asked = await askReviewers({ rules: finds("rules"), model: finds("model") }, input, asking(named));
    expect(asked.reviews.map(({ reviewer }) => reviewer)).toEqual([...answered]);
    expect(asked.findings.map(({ reviewer }) => reviewer)).toEqual([...answered]);
    expect(asked.fallback).toBeNull();
  });
});

describe("a model that cannot be reached", () => {
  const reviewers = { rules: finds("rules"), model: fails(unreachable) };

  test("fails the attempt while there is another one", async () => {
    await expect(askReviewers(reviewers, input, asking(["rules", "model"]))).rejects.toBe(unreachable);
  });

  test("leaves the last attempt to rules, and says so", async () => {
    const asked = await askReviewers(reviewers, input, asking(["model"], { isLastAttempt: true }));
    expect(asked.reviews.map(({ reviewer }) => reviewer)).toEqual(["rules"]);
    expect(asked.fallback).toEqual({ why: "unreachable", error: "the model is down" });
  });

  test("fails the last attempt, too, where the configuration allows no fallback", async () => {
    const last = asking(["rules", "model"], { isLastAttempt: true, fallbackToRules: false });
    await expect(askReviewers(reviewers, input, last)).rejects.toBe(unreachable);
  });
});

describe("a model whose answer is of no use", () => {
  const refused = new ModelError("refused", "it does not want to");

  test("does not take with it what rules have found, and it is said", async () => {
    const reviewers = { rules: finds("rules"), model: fails(refused) };
    const asked = await askReviewers(reviewers, input, asking(["rules", "model"]));
    expect(asked.findings).toHaveLength(1);
    expect(asked.fallback).toEqual({ why: "unusable", error: "it does not want to" });
  });

  test.each([
    ["nobody else was asked", asking(["model"], { isLastAttempt: true })],
    ["no fallback is allowed", asking(["rules", "model"], { fallbackToRules: false })],
  ])("is a failure where %s", async (_, strict) => {
    const reviewers = { rules: finds("rules"), model: fails(refused) };
    await expect(askReviewers(reviewers, input, strict)).rejects.toBe(refused);
  });

  test("for want of a key is a failure, which somebody has to mend", async () => {
    const locked = new ModelError("unauthorized", "who are you?");
    const reviewers = { rules: finds("rules"), model: fails(locked) };
    await expect(askReviewers(reviewers, input, asking(["rules", "model"]))).rejects.toBe(locked);
  });
});

test("when one reviewer fails, the other is called off and waited for", async () => {
  const broken = new Error("rules are broken");
  let ended = false;
  const model: Reviewer = {
    name: "model",
    review: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason);
        });
      }),
  };
  const rules: Reviewer = { name: "rules", review: () => Promise.reject(broken) };
  await expect(askReviewers({ rules, model }, input, asking(["rules", "model"]))).rejects.toBe(broken);
  expect(ended).toBe(true);
});

describe("where no model is set up", () => {
  const reviewers = { rules: finds("rules"), model: null };

  test("rules review alone, and it is said", async () => {
    const asked = await askReviewers(reviewers, input, asking(["model"]));
    expect(asked.reviews.map(({ reviewer }) => reviewer)).toEqual(["rules"]);
    expect(asked.fallback?.why).toBe("not_set_up");
  });

  test("a configuration that insists on one fails", async () => {
    const insisting = asking(["model"], { fallbackToRules: false });
    const error = await askReviewers(reviewers, input, insisting).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ReviewdError);
    expect(error).toMatchObject({ code: "invalid_input", reason: "model_not_set_up" });
  });
});
