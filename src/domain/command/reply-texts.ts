/** What people are told about their commands. */
import type { CommandName } from "../../adapters/postgres/commands.ts";
import type { ErrorCode } from "../../errors.ts";
import { codeSpan } from "../review/safe-markdown.ts";
import type { RequestedReview } from "../task/request-review.ts";

const commandRows: readonly (readonly [string, string])[] = [
  ["review", "reviews the newest commit, and says what is new since the last review"],
  ["review full", "reviews the whole pull request again"],
  ["pause", "stops automatic reviews of this pull request"],
  ["resume", "goes on with them, and reviews the newest commit if it was not"],
  ["resolve", "dismisses every open finding of this pull request"],
  [
    "config",
    "shows how this pull request is reviewed: each setting with where it is from, and what is suppressed",
  ],
  ["ask …", "in the thread of a finding: answers a question about it"],
  ["help", "shows this"],
];

/** @param unknown the words that are no command; null: help was asked for */
export function helpText(unknown: string | null): string {
  const intro =
    unknown === null
      ? "Write one of these at the start of a line of a comment:"
      : `I do not know ${codeSpan(unknown)}. Write one of these at the start of a line of a comment:`;
  const rows = commandRows.map(([name, does]) => `| \`/reviewd ${name}\` | ${does} |`);
  const outro =
    "They are for people who may write to this repository. Only the first command of a comment is followed, and it is not read again when the comment is edited.";
  return [intro, "", "| command | what it does |", "|---|---|", ...rows, "", outro].join("\n");
}

export function reviewText(requested: RequestedReview, headSha: string, isFull: boolean): string {
  const head = codeSpan(headSha.slice(0, 7));
  switch (requested.outcome) {
    case "queued":
      return isFull ? `A review of all of ${head} is queued.` : `A review of ${head} is queued.`;
    case "ignored":
      return `${head} ${standings[requested.reason]}.`;
    case "skipped":
      return `${head} is not reviewed: ${objections[requested.reason] ?? requested.reason}.`;
  }
}

const standings = {
  already_queued: "is queued for review already",
  already_running: "is being reviewed right now",
  already_reviewed: "is reviewed already",
} as const;

const objections: Partial<Record<string, string>> = {
  repository_off: "reviews are switched off for this repository",
  plan_blocked: "the owner's plan does not allow it",
  disabled: "the repository's configuration switches reviews off",
};

export const closedText = "The pull request is closed.";

export function alreadyDoneText(headSha: string, isFull: boolean): string {
  const head = codeSpan(headSha.slice(0, 7));
  if (isFull) return `All of ${head} was reviewed on such a command already.`;
  return `${head} was reviewed on such a command already. \`/reviewd review full\` reviews the whole pull request again.`;
}

export function pauseText(isChange: boolean): string {
  return isChange
    ? "Automatic reviews of this pull request are paused. `/reviewd resume` goes on with them; `/reviewd review` asks for one."
    : "Automatic reviews of this pull request are paused already.";
}

/** @param requested null: the head needs none */
export function resumeText(isChange: boolean, requested: RequestedReview | null, headSha: string): string {
  if (!isChange) return "Automatic reviews of this pull request were not paused.";
  const then = requested ? ` ${reviewText(requested, headSha, false)}` : "";
  return `Automatic reviews of this pull request go on.${then}`;
}

export function resolveText(count: number): string {
  if (count === 0) return "There is no open finding on this pull request.";
  const findings = count === 1 ? "One finding is" : `${count} findings are`;
  return `${findings} dismissed and will not be said again while the lines stay as they are.`;
}

export const notInThreadText =
  "Questions are answered in the threads of findings: reply there with your question and mention me, or begin it with `/reviewd ask`.";
export function givenUpText(name: CommandName, cause: keyof typeof causes): string {
  const command = codeSpan(`/reviewd ${name.replace("_", " ")}`);
  return `${command} could not be done: ${causes[cause]}. It was tried several times and is not tried again by itself.`;
}

const causes: Readonly<Record<ErrorCode | "worker_lost" | "unexpected", string>> = {
  invalid_input: "something that it needs cannot be used as it is",
  not_found: "something that it needs is not there",
  conflict: "what it is about kept changing",
  forbidden: "the App lacks a permission for it",
  rate_limited: "a service that it needs limits how often it is asked",
  unavailable: "a service that it needs could not be reached",
  worker_lost: "the process that did it ended each time",
  unexpected: "something went wrong on our side, which the log tells of",
};

export const questionLimitText =
  "This thread has had as many answers within a day as it gets. Please ask again tomorrow.";
export const planBlockedText = "The owner's plan does not allow it.";
export const noModelText = "No language model is set up here, so questions cannot be answered.";
export const noAnswerText = "The language model gave no answer that could be used. Please ask again later.";
