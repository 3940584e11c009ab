/** A replay for people, on a terminal or in a log. Text from elsewhere stands behind a `│`. */

import type { Comparison } from "../../domain/replay/decide-again.ts";
import type { Replay, ReplayedFinding, ReplayOutcome } from "../../domain/replay/replay-task.ts";
import type { RecordedAnswer, RunRecord } from "../../domain/replay/run-record.ts";
import { printable, printableLines } from "../../printable.ts";

const differences: Readonly<Record<Comparison["what"], string>> = {
  answers: "the model's answers would be read otherwise now",
  decision: "it would be decided otherwise now",
  findings: "the stored findings are others",
};

type Replayed = Extract<ReplayOutcome, { kind: "replayed" }>;

/** Of a difference; JSON has all of it. */
const maxDifferenceLines = 60;

export function formatText({ task, record, outcome }: Replay): string {
  const { repository, pullRequest, headSha, status, reason } = task;
  const head = [
    `task ${task.id}: ${status}${reason === null ? "" : `, ${reason}`}`,
    `${printable(repository.fullName)}#${pullRequest.number} at ${headSha.slice(0, 12)}`,
  ];
  return `${[...head, ...formatRun(record), "", ...formatOutcome(outcome)].join("\n")}\n`;
}

function formatRun({ input, configuration, answers, reviews }: RunRecord): readonly string[] {
  const lines: string[] = [];
  if (input) lines.push(`diff: ${counted(input.files.length, "file")}`);
  if (configuration) {
    const changed = Object.entries(configuration.origins).filter(([, origin]) => origin !== "default");
    const told = changed.map(([key, origin]) => `${key} (${origin})`);
    lines.push(
      `configuration: ${told.length === 0 ? "the defaults" : `not the default: ${told.join(", ")}`}`,
    );
  }
  lines.push(...answers.map(formatCall));
  for (const { reviewer, review } of reviews?.reviews ?? []) {
    lines.push(`${reviewer}: ${counted(review.findings.length, "finding")}`);
  }
  if (reviews?.fallback) lines.push(`the model did not review: ${printable(reviews.fallback.error)}`);
  return lines;
}

function formatCall(answer: RecordedAnswer | null, at: number): string {
  if (answer === null) return `call ${at + 1}: not recorded, too large`;
  const { purpose, model, outcome, usage, durationMs } = answer;
  const tokens = usage
    ? `${usage.inputTokens} tokens in (${usage.cachedInputTokens} cached), ${usage.outputTokens} out`
    : "tokens unknown";
  return `call ${at + 1}: ${purpose}, ${printable(model)}, ${outcome}, ${tokens}, ${(durationMs / 1_000).toFixed(1)} s`;
}

function formatOutcome(outcome: ReplayOutcome): readonly string[] {
  if (outcome.kind === "not_replayed") return [`Not replayed: ${printable(outcome.why)}.`];
  return [
    ...outcome.findings.flatMap(formatFinding),
    ...outcome.settled.map(formatSettled),
    ...verdict(outcome),
  ];
}

function formatFinding({ finding, why }: ReplayedFinding, at: number): readonly string[] {
  const { severity, path, startLine, line, reviewer, ruleId, title, body, suggestion } = finding;
  const lines = startLine === line ? `${line}` : `${startLine}-${line}`;
  const by = ruleId === null ? reviewer : `${reviewer}, ${printable(ruleId)}`;
  const texts = [
    title,
    ...body.split("\n"),
    ...(suggestion === null ? [] : ["suggested instead:", suggestion]),
  ];
  return [
    `${at + 1}. ${severity}  ${printable(path)}:${lines}  (${by})`,
    ...texts.flatMap(printableLines).map((text) => `   │ ${text}`.trimEnd()),
    `   → ${printable(why)}`,
    "",
  ];
}

function formatSettled({ kind, origin, why }: Replayed["settled"][number]): string {
  const reasons = {
    lines_gone: "its lines are not in the pull request any more",
    no_longer_found: "it is not found any more",
    not_read: "its file was not read this time",
    unchanged: "its file is as it was when it was found",
  };
  const became = kind === "gone" ? "is over" : "stays open";
  return `${printable(origin.path)}:${origin.line}  said before, ${became}: ${reasons[why]}\n   │ ${printable(origin.title)}\n`;
}

function verdict({ findings, comparisons }: Replayed): readonly string[] {
  const different = comparisons.flatMap(({ what, difference }) =>
    difference === null ? [] : [{ what, difference }],
  );
  if (different.length === 0) {
    return [
      `The same byte for byte: ${counted(findings.length, "finding")} reported, and what became of them.`,
    ];
  }
  return different.flatMap(({ what, difference }) => {
    const lines = difference.split("\n").flatMap(printableLines);
    const more = lines.length - maxDifferenceLines;
    return [
      `NOT the same: ${differences[what]}`,
      ...lines.slice(0, maxDifferenceLines).map((text) => `   │ ${text}`.trimEnd()),
      ...(more > 0 ? [`   and ${counted(more, "more line")}; --json shows them`] : []),
    ];
  });
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
