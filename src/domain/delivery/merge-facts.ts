/** Which facts of a pull request are newer: what is stored, or what an event tells that may have come late. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import type { PullRequestChange } from "./delivery-event.ts";

/**
 * The facts as they are now; null: the event is older than what is stored and changes nothing.
 *
 * GitHub's times are whole seconds, and a push with its label or two quick pushes share one. Within a second the
 * event's snapshot says nothing about order, so only what its own action changed is taken over: a push where it
 * continues from the stored head, another base where it leaves the stored one.
 */
export function mergeFacts(
  stored: PullRequestFacts,
  event: { readonly change: PullRequestChange; readonly facts: PullRequestFacts },
): PullRequestFacts | null {
  const order = Date.parse(event.facts.updatedAt) - Date.parse(stored.updatedAt);
  if (order > 0) return event.facts;
  return order < 0 ? null : mergeSameSecond(stored, event);
}

function mergeSameSecond(
  stored: PullRequestFacts,
  { change, facts }: { readonly change: PullRequestChange; readonly facts: PullRequestFacts },
): PullRequestFacts | null {
  switch (change.action) {
    case "opened":
      return facts.headSha === stored.headSha ? stored : null;
    case "synchronize":
      if (facts.headSha === stored.headSha) return stored;
      return change.before === stored.headSha
        ? { ...stored, headSha: facts.headSha, baseSha: facts.baseSha }
        : null;
    case "edited":
      if (facts.baseRef === stored.baseRef) return stored;
      return change.formerBaseRef === stored.baseRef
        ? { ...stored, baseRef: facts.baseRef, baseSha: facts.baseSha }
        : null;
    case "ready_for_review":
    case "converted_to_draft":
      return { ...stored, draft: facts.draft };
    case "closed":
      return { ...stored, state: "closed", merged: facts.merged, closedAt: facts.closedAt };
    case "reopened":
      // The head may have been pushed to while it was closed, which nothing told.
      return stored.state === "closed" ? facts : stored;
    case "labeled":
    case "unlabeled":
      return { ...stored, labels: relabel(stored.labels, change) };
  }
}

function relabel(
  labels: readonly string[],
  { action, label }: Extract<PullRequestChange, { action: "labeled" | "unlabeled" }>,
): readonly string[] {
  if (label === null) return labels;
  const others = labels.filter((one) => one !== label);
  return action === "labeled" ? [...others, label] : others;
}
