/** What a command is prepared with that takes requests. */
import type { RepositoryRef } from "../../adapters/forge/forge.ts";
import type { CommandPlace } from "../../adapters/postgres/command-place.ts";
import type { ClaimedCommand } from "../../adapters/postgres/commands.ts";
import type { ReviewContext } from "../../context.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import { readConfiguration } from "../configuration/configure-review.ts";
import { type PullRequestContent, withCommits } from "../review/read-pull-request.ts";

/** The place as it was when the command was looked at. */
export interface Asked extends CommandPlace {
  readonly repositoryRef: RepositoryRef;
  readonly command: ClaimedCommand;
  readonly signal: AbortSignal;
}

/** Hands over the pull request's commits, and how a review of its head would be done. */
export async function withHead<Result>(
  ctx: ReviewContext,
  { pullRequest, owner, repository, repositoryRef, signal }: Asked,
  use: (content: PullRequestContent, configuration: EffectiveConfiguration) => Promise<Result>,
): Promise<Result> {
  const { baseRef, headSha } = pullRequest;
  const at = { forge: ctx.forge, repository: repositoryRef, baseRef, headSha, signal };
  return await withCommits(at, async (content) => {
    const branch = { ownerId: owner.id, repositoryId: repository.id, baseRef };
    return await use(content, await readConfiguration(ctx, branch, { base: content.base, signal }));
  });
}
