/** Whether an open pull request, as the forge lists it, is as we know it and dealt with. Pure. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import type { KnownPullRequest } from "../../adapters/postgres/sweep-views.ts";
import { decideGate, type GateFacts, leavesForkToRun } from "../task/review-gate.ts";

/** @param known null: it was never heard of */
export function isMissed(
  listed: PullRequestFacts,
  known: KnownPullRequest | null,
  gateFacts: Pick<GateFacts, "reviewMode" | "plan" | "rules" | "forkReviews">,
): boolean {
  if (!known || differs(listed, known)) return true;
  const { author, draft, fromFork, labels } = listed;
  const { pausedAt } = known.row;
  const pullRequest = { authorIsBot: author?.isBot ?? false, draft, labels: [...labels], fromFork, pausedAt };
  const facts = { ...gateFacts, trigger: "sweep", authorMayWrite: null, pullRequest } as const;
  const gate = decideGate(facts);
  // A head that was reviewed, or is about to be, is one of those that the author's limit counts.
  if (gate === null || gate === "author_limit") {
    const isSettled = leavesForkToRun(facts) && known.skipReasons.includes("fork_policy");
    return !known.isCovered && !isSettled && !(gate && known.skipReasons.includes(gate));
  }
  return !known.skipReasons.includes(gate);
}

function differs(listed: PullRequestFacts, { row }: KnownPullRequest): boolean {
  return (
    listed.state !== row.state ||
    listed.headSha !== row.headSha ||
    listed.baseRef !== row.baseRef ||
    listed.draft !== row.draft
  );
}
