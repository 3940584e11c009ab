/** What a pull request changes, read with git: the forge's own diff ends at 300 files or 20,000 lines. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import { fetchPullRequest } from "../../adapters/git/fetch-pull-request.ts";
import { readDiff } from "../../adapters/git/read-diff.ts";
import { readFileAt } from "../../adapters/git/read-file.ts";
import { ReviewdError } from "../../errors.ts";
import type { BaseFiles } from "../configuration/read-base.ts";
import { requireCurrentHead } from "./current-head.ts";
import type { ReviewRun } from "./writer.ts";

export interface PullRequestContent {
  readonly base: BaseFiles;
  readonly readDiff: () => Promise<readonly FileDiff[]>;
  /** A file's bytes at the head; null where it does not exist there. */
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
}

/** Fetches the commits, hands their content to `use` and removes them again. */
export async function withPullRequest<Result>(
  run: ReviewRun,
  use: (content: PullRequestContent) => Promise<Result>,
): Promise<Result> {
  const { ctx, repository: place, task, signal } = run;
  const { headSha } = task;
  const { tip, mergeBase } = await reachable(run, ctx.forge.getBase(place, task.baseRef, headSha));
  const access = await ctx.forge.cloneAccess(place);
  await using repository = await reachable(
    run,
    fetchPullRequest(access, { mergeBase, head: headSha, base: tip }, signal),
  );
  return await use({
    base: { commitSha: tip, readFile: (path) => readFileAt(repository, tip, path) },
    readDiff: () => reachable(run, readDiff(repository, mergeBase, headSha)),
    readFile: (path) => readFileAt(repository, headSha, path),
  });
}

/** A commit that is not there was pushed away meanwhile, or has not reached the server that was asked. */
async function reachable<Result>(run: ReviewRun, request: Promise<Result>): Promise<Result> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof ReviewdError && error.code === "not_found")) throw error;
    await requireCurrentHead(run);
    throw new ReviewdError("unavailable", `the commits cannot be read yet: ${error.message}`, {
      cause: error,
    });
  }
}
