/** A pull request's diff, taken as GitHub takes it: from where its branch left the base, to a commit of it. */
import type { DiffFile } from "./git/diff-files.ts";
import type { PullSize } from "./render/pull.ts";
import type { PullRequest } from "./state.ts";

export interface PullRange {
  readonly from: string;
  readonly to: string;
}

export async function pullRange(pull: PullRequest, commitId = pull.headSha): Promise<PullRange> {
  const { git } = pull.repository;
  return { from: (await git.findMergeBase(pull.baseSha, commitId)) ?? pull.baseSha, to: commitId };
}

export async function pullFiles(pull: PullRequest, commitId = pull.headSha): Promise<DiffFile[]> {
  const { from, to } = await pullRange(pull, commitId);
  return await pull.repository.git.diff(from, to);
}

export async function pullSize(pull: PullRequest): Promise<PullSize> {
  const { from, to } = await pullRange(pull);
  const { git } = pull.repository;
  const [commits, files] = await Promise.all([git.commitsBetween(from, to), git.diff(from, to)]);
  return { commits, files };
}
