/** What an event about a pull request asks for, once its facts are known to be the newest. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import { isReviewLabel, type ReviewMode } from "../task/review-gate.ts";
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
}): PullRequestDecision {
  const { change, stored, facts } = event;
  if (facts.state === "closed") {
    const known = change.action !== "closed" && stored?.state === "closed";
    return known
      ? { do: "nothing", reason: "closed" }
      : { do: "cancel", reason: facts.merged ? "merged" : "closed" };
  }
  const asked = asksForReview(change, event.reviewMode);
  return asked || differs(stored, facts) ? { do: "request_review" } : { do: "nothing", reason: "no_change" };
}

function asksForReview(change: PullRequestChange, reviewMode: ReviewMode): boolean {
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
      return reviewMode === "label" && change.label !== null && isReviewLabel(change.label);
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
