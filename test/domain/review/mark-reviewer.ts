/**
 * A reviewer for tests that finds what the pull request marks for it: an added line with `FIND critical: a title` is a
 * finding of that severity. `FIND-ABOVE` is one on the line above it, `FIND-FAR` one on a line outside the diff,
 * `FIND-FIX` one with a suggestion; a file named `*.bin` is not read.
 */
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import type {
  Finding,
  NotReviewedReason,
  Reviewer,
  Severity,
} from "../../../src/adapters/reviewer/reviewer.ts";
import { aFinding } from "./build.ts";

export interface MarkReviewer extends Reviewer {
  /** How often it was asked. */
  readonly calls: () => number;
}

export function createMarkReviewer(beforeAnswer: () => Promise<void> = async () => {}): MarkReviewer {
  let calls = 0;
  return {
    name: "rules",
    calls: () => calls,
    review: async ({ files }) => {
      calls++;
      await beforeAnswer();
      const reasons = files.map((file) => ({ file, reason: whyUnread(file) }));
      const read = reasons.filter(({ reason }) => reason === null).map(({ file }) => file);
      return {
        findings: read.flatMap(findMarks),
        reviewedPaths: read.map(({ path }) => path),
        notReviewed: reasons.flatMap(({ file, reason }) =>
          reason === null ? [] : [{ path: file.path, reason }],
        ),
      };
    },
  };
}

function whyUnread({ path, change }: FileDiff): NotReviewedReason | null {
  if (change === "deleted") return "deleted";
  return path.endsWith(".bin") ? "too_large" : null;
}

function findMarks(file: FileDiff): readonly Finding[] {
  const added = file.hunks.flatMap(({ lines }) => lines.filter((line) => line.kind === "added"));
  return added.flatMap((line) => {
    if (line.kind !== "added") return [];
    const [, where, severity, title] = /FIND(-\w+)? (critical|high|medium|low): (.*)/.exec(line.text) ?? [];
    if (severity === undefined || title === undefined) return [];
    const at = where === "-FAR" ? 5_000 : where === "-ABOVE" ? line.newLine - 1 : line.newLine;
    const finding = { path: file.path, line: at, title, severity: severity as Severity, ruleId: "mark" };
    const suggestion = where === "-FIX" ? "fixed();" : null;
    return [aFinding({ ...finding, suggestion, body: `Says \`${title}\`.` })];
  });
}
