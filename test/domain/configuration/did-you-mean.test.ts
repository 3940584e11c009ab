import { expect, test } from "bun:test";
import { didYouMean } from "../../../src/domain/configuration/did-you-mean.ts";

test.each([
  ["hgih", ["low", "high"], "high"],
  ["xhigh", ["low", "medium", "high"], "high"],
  ["reveiwer", ["reviewers", "enabled"], "reviewers"],
] as [string, string[], string][])("%s of %j is taken for %s", (name, known, meant) => {
  expect(didYouMean(name, known)).toBe(`; did you mean "${meant}"?`);
});

test.each([
  ["max", ["low", "medium", "high"]],
  ["x", ["off", "members", "all"]],
  ["none", ["off", "members", "all"]],
  ["colours", ["reviewers", "enabled"]],
] as [string, string[]][])("%s is none of %j with a slip, though a few letters away", (name, known) => {
  expect(didYouMean(name, known)).toBe("");
});
