/** Whether an open pull request, as the forge lists it, is as we know it and dealt with. Pure. */
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import type { KnownPullRequest } from "../../adapters/postgres/sweep-views.ts";
import { decideGate, type GateFacts } from "../task/review-gate.ts";

/** @param known null: it was never heard of */
export function isMissed(
  listed: PullRequestFacts,
  known: KnownPullRequest | null,
  gateFacts: Pick<GateFacts, "reviewMode" | "plan">,
): boolean {
  if (!known || differs(listed, known)) return true;
  const { author, draft, labels } = listed;
  const pullRequest = { authorIsBot: author?.isBot ?? false, draft, labels: [...labels] };
  const gate = decideGate({ ...gateFacts, trigger: "sweep", pullRequest });
  return gate === null ? !known.isCovered : !known.skipReasons.includes(gate);
}

function differs(listed: PullRequestFacts, { row }: KnownPullRequest): boolean {
  return (
    listed.state !== row.state ||
    listed.headSha !== row.headSha ||
    listed.baseRef !== row.baseRef ||
    listed.draft !== row.draft
  );
}
