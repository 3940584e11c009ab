/** What a pull request changes, read with git: the forge's own diff ends at 300 files or 20,000 lines. */
import type { Forge, RepositoryRef } from "../../adapters/forge/forge.ts";
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
  const { ctx, repository, task, signal } = run;
  const { baseRef, headSha } = task;
  const at = { forge: ctx.forge, repository, baseRef, headSha, signal };
  return await withCommits(at, use, (request) => reachable(run, request));
}

export interface Commits {
  readonly forge: Forge;
  readonly repository: RepositoryRef;
  readonly baseRef: string;
  readonly headSha: string;
  readonly signal: AbortSignal;
}

/** As withPullRequest, for whoever is no run. @param reach watches over each request that may not find a commit */
export async function withCommits<Result>(
  { forge, repository: place, baseRef, headSha, signal }: Commits,
  use: (content: PullRequestContent) => Promise<Result>,
  reach: <Found>(request: Promise<Found>) => Promise<Found> = (request) => request,
): Promise<Result> {
  const { tip, mergeBase } = await reach(forge.getBase(place, baseRef, headSha));
  const access = await forge.cloneAccess(place);
  await using repository = await reach(
    fetchPullRequest(access, { mergeBase, head: headSha, base: tip }, signal),
  );
  return await use({
    base: { commitSha: tip, readFile: (path) => readFileAt(repository, tip, path) },
    readDiff: () => reach(readDiff(repository, mergeBase, headSha)),
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
