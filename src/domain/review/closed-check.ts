/** What a check run says when its task ended without a review: which end, and why, in words. */
import type { CheckState } from "../../adapters/forge/check.ts";
import type { TaskReason } from "../../adapters/postgres/tasks.ts";

export type ClosingStatus = "failed" | "cancelled" | "superseded" | "skipped";

/** @param posted whether the review itself had been posted before the task ended */
export function closedCheck(status: ClosingStatus, reason: TaskReason, posted: boolean): CheckState {
  const partly = posted ? "\n\nComments that were posted before that stay." : "";
  const closed = (conclusion: CheckState["conclusion"], title: string): CheckState => ({
    status: "completed",
    conclusion,
    title,
    summary: `${title}: ${reasons[reason]}.${partly}`,
    annotations: [],
  });
  switch (status) {
    case "failed":
      return closed("neutral", "The review failed");
    case "cancelled":
      return closed("cancelled", "The review was cancelled");
    case "superseded":
      return closed("skipped", "The review was superseded");
    case "skipped":
      return closed("skipped", "The review was skipped");
  }
}

const reasons: Readonly<Record<TaskReason, string>> = {
  reviewed: "it was reviewed",
  merge_only: "only the base branch was merged in",
  nothing_to_review: "there is nothing to review",
  model_fallback: "it was reviewed by rules alone, without the model that was asked for",
  draft: "the pull request is a draft",
  bot_author: "its author is a bot",
  label_missing: "the label that asks for a review is missing",
  repository_off: "reviews are switched off for the repository",
  plan_blocked: "the owner's plan does not allow it",
  fork_policy: "pull requests from forks are not reviewed here",
  disabled: "the repository's configuration switches reviews off",
  label_excluded: "it has a label that excludes it from reviews",
  paused: "its reviews are paused; the comment `/reviewd resume` goes on with them",
  author_limit: "its author has had as many reviews today as an author from a fork gets",
  new_head: "there is a newer commit",
  retargeted: "the pull request has another base branch now",
  requested: "somebody asked for that",
  closed: "the pull request was closed",
  uninstalled: "the App was uninstalled",
  suspended: "the App is suspended",
  repository_removed: "the App may not see the repository any more",
  retry: "it is tried again",
  worker_lost: "the process that ran it ended several times",
  released: "it was handed back",
  content_budget: "the forge's limits were met",
  action_required: "somebody has to act before it can go on",
  attempts_exhausted: "every attempt failed; the task has the last error",
  permission_denied: "the App lacks a permission",
  pull_request_gone: "the pull request is gone",
  internal_error: "something in reviewd broke; the task has the error",
  model_output_invalid: "the model gave no answer that could be read",
  model_refused: "the model refused to review it",
  model_unauthorized: "the model's provider does not accept the key",
  model_rejected: "the model's provider does not accept what it is asked",
  model_not_set_up:
    "no language model is set up on this reviewd, and the configuration wants no review without one. Whoever runs " +
    "reviewd has to set `MODELS` for its dispatchers, or else `fallback_to_rules: false` has to go",
};
