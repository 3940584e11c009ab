/** What an event about a pull request asks for, once its facts are known to be the newest. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import { type GateRules, isGateLabel, type ReviewMode } from "../task/review-gate.ts";
import type { PullRequestChange } from "./delivery-event.ts";

export type PullRequestDecision =
  /** It has a head to be reviewed, or to be skipped with a reason. */
  | { readonly do: "request_review" }
  | { readonly do: "cancel"; readonly reason: "closed" | "merged" }
  | { readonly do: "nothing"; readonly reason: "no_change" | "closed" };

/** @param stored as it was before; null: the pull request was not known */
export function decidePullRequest(event: {
  readonly change: PullRequestChange;
  readonly stored: PullRequestFacts | null;
  readonly facts: PullRequestFacts;
  readonly reviewMode: ReviewMode;
  /** Asked where labels change. Null: not known, the configuration may have changed. */
  readonly rules: GateRules | null;
}): PullRequestDecision {
  const { change, stored, facts } = event;
  if (facts.state === "closed") {
    const known = change.action !== "closed" && stored?.state === "closed";
    return known
      ? { do: "nothing", reason: "closed" }
      : { do: "cancel", reason: facts.merged ? "merged" : "closed" };
  }
  const asked = asksForReview(change, event);
  return asked || differs(stored, facts) ? { do: "request_review" } : { do: "nothing", reason: "no_change" };
}

function asksForReview(
  change: PullRequestChange,
  { reviewMode, rules }: { readonly reviewMode: ReviewMode; readonly rules: GateRules | null },
): boolean {
  switch (change.action) {
    case "opened":
    case "reopened":
    case "ready_for_review":
    case "converted_to_draft":
    case "synchronize":
      return true;
    case "edited":
      return change.formerBaseRef !== null;
    case "labeled":
    case "unlabeled":
      return change.label !== null && isGateLabel(change.label, reviewMode, rules);
    case "closed":
      return false;
  }
}

/** The event that told of this was lost or comes later: what it would have asked for is asked now. */
function differs(stored: PullRequestFacts | null, facts: PullRequestFacts): boolean {
  return (
    stored === null ||
    stored.state !== facts.state ||
    stored.headSha !== facts.headSha ||
    stored.baseRef !== facts.baseRef ||
    stored.draft !== facts.draft
  );
}
