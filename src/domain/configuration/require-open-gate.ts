/** Whether this head is reviewed after all, now that its configuration is read and the forge can be asked. */

import type { PullRequestFacts } from "../../adapters/forge/forge.ts";
import { countForkReviews } from "../../adapters/postgres/fork-reviews.ts";
import { getGatePlace } from "../../adapters/postgres/pull-request-place.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import { RunEnded } from "../review/run-ended.ts";
import { inGoingRun, type ReviewRun } from "../review/writer.ts";
import { decideGate } from "../task/review-gate.ts";
import type { EffectiveConfiguration } from "./configuration.ts";
import { storeConfiguration } from "./configure-review.ts";

/** @param facts as the forge tells them now @throws RunEnded where it is not; ReviewdError where the forge cannot be asked now */
export async function requireOpenGate(
  run: ReviewRun,
  facts: PullRequestFacts,
  configuration: EffectiveConfiguration,
): Promise<void> {
  const { ctx, task } = run;
  const { values: rules } = configuration;
  const { pausedAt, ...place } = await getGatePlace(ctx.db, task);
  const { draft, fromFork } = facts;
  const pullRequest = {
    draft,
    fromFork,
    labels: [...facts.labels],
    authorIsBot: facts.author?.isBot ?? false,
  };
  const isMembersOnly = fromFork && rules.forks === "members" && isAutomatic(run);
  const reason = decideGate({
    trigger: task.trigger,
    ...place,
    rules,
    pullRequest: { ...pullRequest, pausedAt },
    authorMayWrite: isMembersOnly ? await mayWrite(run, facts) : null,
    forkReviews: fromFork ? await countEarlier(run, facts) : 0,
  });
  if (reason === null) return;
  ctx.log.info({ reason }, "not reviewed");
  await inGoingRun(run, (tx) => storeConfiguration(tx, run, configuration));
  throw new RunEnded({ kind: "skipped", reason });
}

function isAutomatic({ task: { trigger } }: ReviewRun): boolean {
  return trigger === "webhook" || trigger === "sweep";
}

async function mayWrite({ ctx, repository }: ReviewRun, { author }: PullRequestFacts): Promise<boolean> {
  if (!author) return false;
  try {
    const permission = await ctx.forge.getPermission(repository, author);
    return permission === "admin" || permission === "write";
  } catch (error) {
    // What may pass by itself is asked again by the next attempt; nobody is let in for lack of an answer.
    if (isTransient(error) || !(error instanceof ReviewdError)) throw error;
    return false;
  }
}

async function countEarlier({ ctx, task }: ReviewRun, { author }: PullRequestFacts): Promise<number> {
  return await countForkReviews(ctx.db, { ...task, authorId: author?.id ?? null }, task.taskId);
}
