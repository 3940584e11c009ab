/**
 * Reviewers that find every marked line the diff adds: one as a rule does, always the same, and one that words, orders
 * and rates what it says anew each time, as a language model does.
 */
import type { FileDiff } from "../../../../src/adapters/git/diff.ts";
import { type Finding, type ReviewerName, severities } from "../../../../src/adapters/reviewer/reviewer.ts";
import type { NamedReview } from "../../../../src/domain/review/coverage.ts";
import { aFinding } from "../build.ts";

/** Draws a number from 0 to below the limit. */
export type Draw = (limit: number) => number;

/** @param isRead which files it gets to; the others are over its budget */
export type TestReviewer = (
  files: readonly FileDiff[],
  draw: Draw,
  isRead: (path: string) => boolean,
) => NamedReview;

export const byRule: TestReviewer = (files, _, isRead) =>
  review("rules", files, isRead, (mark) => aFinding({ ...mark, reviewer: "rules", ruleId: "mark" }));

export const inProse: TestReviewer = (files, draw, isRead) => {
  const { reviewer, review: said } = review("model", files, isRead, (mark) => {
    const [, adjective = "", noun = ""] = mark.title.split(" ");
    const title = phrases[draw(phrases.length)]?.(adjective, noun) ?? "";
    const severity = severities[draw(severities.length)] ?? "low";
    return aFinding({ ...mark, reviewer: "model", ruleId: null, title, severity, category: "correctness" });
  });
  const findings = said.findings.map((one) => ({ one, at: draw(1_000_000) })).sort((a, b) => a.at - b.at);
  return { reviewer, review: { ...said, findings: findings.map(({ one }) => one) } };
};

const phrases: readonly ((adjective: string, noun: string) => string)[] = [
  (adjective, noun) => `The ${noun} is ${adjective}`,
  (adjective, noun) => `${adjective} ${noun}: this cannot work.`,
  (adjective, noun) => `Nobody notices that the ${noun} was ${adjective} (seen 3 times)`,
  () => "Something is off here",
];

/** The marked lines a diff adds, by their text without indentation. */
export function marksIn(
  files: readonly FileDiff[],
  isRead: (path: string) => boolean = () => true,
): string[] {
  return files
    .filter(({ path }) => isRead(path))
    .flatMap((file) => findMarks(file).map(({ title }) => title));
}

type Mark = Pick<Finding, "path" | "line" | "title" | "body">;

function findMarks({ path, hunks }: FileDiff): readonly Mark[] {
  return hunks.flatMap(({ lines }) =>
    lines.flatMap((line) => {
      if (line.kind !== "added" || !line.text.includes("MARK")) return [];
      const title = line.text.trim();
      return [{ path, line: line.newLine, title, body: title }];
    }),
  );
}

function review(
  reviewer: ReviewerName,
  files: readonly FileDiff[],
  isRead: (path: string) => boolean,
  say: (mark: Mark) => Finding,
): NamedReview {
  const paths = files.map(({ path }) => path);
  const findings = files.filter(({ path }) => isRead(path)).flatMap((file) => findMarks(file).map(say));
  const notReviewed = paths
    .filter((path) => !isRead(path))
    .map((path) => ({ path, reason: "over_budget" as const }));
  return { reviewer, review: { findings, reviewedPaths: paths.filter(isRead), notReviewed } };
}
