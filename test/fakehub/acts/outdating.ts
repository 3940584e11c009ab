/** Where existing inline comments are once the diff has changed: moved along, or outdated. */
import { findLine, parsePatch } from "../git/patch-lines.ts";
import { pullFiles } from "../pull-diff.ts";
import type { PullRequest, ReviewComment, Side } from "../state.ts";
import type { World } from "../world.ts";

/** Looks each comment up in the diff as it is now. A line that was changed, or left the diff, is null from then on. */
export async function moveComments(world: World, pull: PullRequest): Promise<void> {
  const files = await pullFiles(pull);
  for (const comment of world.reviewComments.values()) {
    if (comment.pull !== pull || comment.subjectType === "file") continue;
    const patch = files.find((file) => file.path === comment.path)?.patch ?? null;
    await moveComment(comment, patch);
  }
}

async function moveComment(comment: ReviewComment, patch: string | null): Promise<void> {
  const { pull, side } = comment;
  const line = await lineAtHead(comment, comment.originalLine, side);
  const found = line === null || patch === null ? null : findLine(parsePatch(patch), side, line);
  comment.line = found ? line : null;
  comment.position = found ? found.position : null;
  const start = await lineAtHead(comment, comment.originalStartLine, comment.startSide ?? side);
  comment.startLine = found ? start : null;
  if (found) comment.commitId = pull.headSha;
}

/** The same line's number today; null when it was itself changed. Lines of the old side stay with the base. */
async function lineAtHead(comment: ReviewComment, line: number | null, side: Side): Promise<number | null> {
  if (line === null || side === "LEFT") return line;
  const { pull, originalCommitId, path } = comment;
  const files = await pull.repository.git.diff(originalCommitId, pull.headSha);
  const file = files.find((f) => (f.previousPath ?? f.path) === path);
  if (!file) return line;
  if (file.patch === null || file.path !== path) return null;
  return followLine(file.patch, line);
}

function followLine(patch: string, line: number): number | null {
  const lines = parsePatch(patch);
  const inHunk = findLine(lines, "LEFT", line);
  if (inHunk) return inHunk.newLine;
  const before = lines.filter((l) => l.oldLine !== null && l.oldLine < line).at(-1);
  if (!before) return line;
  const added = lines.filter((l) => l.hunk <= before.hunk && l.oldLine === null).length;
  const removed = lines.filter((l) => l.hunk <= before.hunk && l.newLine === null).length;
  return line + added - removed;
}
