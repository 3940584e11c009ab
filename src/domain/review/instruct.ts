/** What reviewers are told beside the diff: the configuration in their terms, and what is known of the pull request. */
import type { PullRequest } from "../../adapters/forge/forge.ts";
import { findEarlierRemarks } from "../../adapters/postgres/earlier-remarks.ts";
import { setPromptHash } from "../../adapters/postgres/runs.ts";
import { maskSecrets } from "../../adapters/reviewer/mask-secrets.ts";
import type { ModelCall } from "../../adapters/reviewer/model/model-call.ts";
import type { Brief, DiffInput, EarlierRemark, ReviewInput } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import { createExclusion, createPathMatcher } from "../configuration/path-matcher.ts";
import { recordModelCall } from "./record-model-call.ts";
import { inFence, type ReviewRun } from "./writer.ts";

/** Of the description; a model's window may allow for less. */
const maxBodyChars = 20_000;
const maxRemarks = 30;

/** @param pullRequest as the forge tells of it now */
export async function instruct(
  run: ReviewRun,
  pullRequest: PullRequest,
  { values, guidance }: EffectiveConfiguration,
): Promise<Omit<ReviewInput, keyof DiffInput>> {
  const { model, effort, instructions, disabledRules } = values;
  const { title, body, baseRef } = pullRequest;
  const brief: Brief = {
    model,
    effort,
    guidance,
    instructions: instructions.map(({ paths, text }) => ({
      paths,
      text,
      appliesTo: createPathMatcher(paths),
    })),
    pullRequest: {
      title: maskSecrets(title),
      baseRef,
      body: maskSecrets(body.slice(0, maxBodyChars).toWellFormed()),
    },
    earlier: values.reviewers.includes("model") ? await recall(run) : [],
  };
  return {
    isExcluded: createExclusion(values),
    disabledRules: new Set(disabledRules),
    brief,
    onModelCall: accountFor(run),
  };
}

async function recall({ ctx, task }: ReviewRun): Promise<readonly EarlierRemark[]> {
  const { pullRequestId, repositoryId, taskId } = task;
  const remarks = await findEarlierRemarks(ctx.db, {
    pullRequestId,
    repositoryId,
    exceptTaskId: taskId,
    limit: maxRemarks,
  });
  // What we said was masked when it was stored.
  return remarks.map((remark) => ({ ...remark, replies: remark.replies.map(maskSecrets) }));
}

/** Each call goes into the ledger; the task is told by which prompt it was asked with the first. */
function accountFor(run: ReviewRun): (call: ModelCall) => Promise<void> {
  let known: string | null = null;
  return async (call) => {
    await recordModelCall(run, call);
    if (known === call.promptHash) return;
    known = call.promptHash;
    await inFence(run, (tx) => setPromptHash(tx, run.task.taskId, call.promptHash));
  };
}
