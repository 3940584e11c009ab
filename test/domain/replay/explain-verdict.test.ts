import { expect, test } from "bun:test";
import {
  defaultConfiguration,
  type EffectiveConfiguration,
} from "../../../src/domain/configuration/configuration.ts";
import { explainVerdict } from "../../../src/domain/replay/explain-verdict.ts";
import type { Verdict } from "../../../src/domain/review/decide-findings.ts";

const values = { ...defaultConfiguration(true), severityThreshold: "high", commentBudget: 3 } as const;
const origins = Object.fromEntries(
  Object.keys(values).map((key) => [key, "default"]),
) as EffectiveConfiguration["origins"];
const configuration = {
  ...{ values, origins: { ...origins, severityThreshold: "repository", commentBudget: "owner" } },
  ...{ path: ".reviewd.yml", commitSha: "c".repeat(40), problems: [], guidance: null },
} as unknown as EffectiveConfiguration;

test.each<[Verdict, string]>([
  [{ kind: "inline", findingId: "f" }, "a comment in the diff"],
  [{ kind: "inline", findingId: "moved" }, "said in the summary: the forge did not take its comment"],
  [
    { kind: "summary", why: "outside_diff", findingId: "f" },
    "said in the summary: its lines are not all in one part",
  ],
  [
    { kind: "summary", why: "budget", findingId: "f" },
    "took all the comments of one review (3, the owner's settings)",
  ],
  [
    { kind: "repeated", findingId: "f", originId: "o" },
    "not said again: it is known from an earlier review as o",
  ],
  [{ kind: "withheld", why: "below_threshold", findingId: "f" }, "(high, set in .reviewd.yml)"],
  [{ kind: "withheld", why: "unchanged_lines", findingId: "f" }, "its lines were reviewed before"],
  [{ kind: "withheld", why: "dismissed", findingId: "f" }, "somebody said that it shall not be said again"],
  [{ kind: "merged", findingId: "f", into: 0 }, "merged: said in the words of finding 1"],
])("%o is explained", (verdict, said) => {
  expect(explainVerdict(verdict, { configuration, movedIds: new Set(["moved"]) })).toContain(said);
});
