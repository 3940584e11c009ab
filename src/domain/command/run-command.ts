/**
 * One command, from asking whether its author may to the reply. What it does, the reply that tells of it and its end
 * are one transaction: a process that dies before has done nothing, one that dies after owes nothing.
 */
import type { RepositoryRef } from "../../adapters/forge/forge.ts";
import { type CommandPlace, lockCommandPlace } from "../../adapters/postgres/command-place.ts";
import { type ClaimedCommand, findEarlierCommands, permitCommand } from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import { repositoryOf } from "../review/writer.ts";
import type { Act } from "./act.ts";
import { pauseReviews, resolveFindings, resumeReviews, startReview } from "./act-on-pull-request.ts";
import { answerQuestion } from "./answer-question.ts";
import { maxCommandAttempts } from "./command-attempts.ts";
import { decideRefusal } from "./decide-refusal.ts";
import { type Action, type CommandContext, endWith } from "./end-with.ts";
import { alreadyDoneText, helpText, questionLimitText } from "./reply-texts.ts";
import { showConfiguration } from "./show-configuration.ts";
import { TooSoon } from "./too-soon.ts";

/**
 * Null: the command is another worker's by now.
 * @throws TooSoon where it is to be done later; ReviewdError for what may go away by itself; the signal's reason when
 *   it is aborted; anything else is a bug
 */
export async function runCommand(
  ctx: CommandContext,
  command: ClaimedCommand,
  signal: AbortSignal,
): Promise<Act | null> {
  const place = await getPullRequestPlace(ctx.db, command.pullRequestId);
  if (place.installationId === null) {
    return await endWith(ctx, command, async () => ({
      status: "failed",
      reason: "not_installed",
      reply: null,
    }));
  }
  const repository = repositoryOf(ctx, place);
  const denial = await findDenial(ctx, repository, command);
  // Nobody is told that they may not: a stranger could have us write to everybody there as often as they like.
  if (denial)
    return await endWith(ctx, command, async () => ({ status: "refused", reason: denial, reply: null }));
  if (!(await permitCommand(ctx.db, command))) return null;
  signal.throwIfAborted();
  switch (command.name) {
    case "review":
    case "review_full":
      return await endWith(ctx, command, unlessRefused(startReview));
    case "pause":
      return await endWith(ctx, command, unlessRefused(pauseReviews));
    case "resume":
      return await endWith(ctx, command, unlessRefused(resumeReviews));
    case "resolve":
      return await endWith(ctx, command, unlessRefused(resolveFindings));
    case "help":
      return await endWith(
        ctx,
        command,
        unlessRefused(async () => shown(helpText(command.text))),
      );
    case "config":
      return await prepared(ctx, command, (at) =>
        showConfiguration(ctx, { ...at, repositoryRef: repository, command, signal }),
      );
    case "ask":
      return await prepared(ctx, command, (at) =>
        answerQuestion(ctx, { ...at, repositoryRef: repository, command, signal }),
      );
  }
}

/** Who may write may command; what cannot be found out is a no. */
async function findDenial(
  { forge, log }: CommandContext,
  repository: RepositoryRef,
  { authorExternalId, authorLogin, attemptCount, permittedAt }: ClaimedCommand,
): Promise<"no_permission" | "permission_unknown" | null> {
  try {
    const permission = await forge.getPermission(repository, { id: authorExternalId, login: authorLogin });
    return permission === "admin" || permission === "write" ? null : "no_permission";
  } catch (error) {
    if (!(error instanceof ReviewdError)) throw error;
    const isLast = attemptCount >= maxCommandAttempts;
    // Of somebody who might, it ends with a word.
    if (isTransient(error) && (!isLast || permittedAt !== null)) throw error;
    log.warn({ err: error }, "it cannot be found out what the command's author may do");
    return "permission_unknown";
  }
}

/** For what takes requests: only done where it would not be refused, and outside of any transaction. */
async function prepared(
  ctx: CommandContext,
  command: ClaimedCommand,
  prepare: (place: CommandPlace) => Promise<Act>,
): Promise<Act | null> {
  const { place, refusal } = await inTransaction(ctx.db, async (tx) => {
    const place = await lockCommandPlace(tx, command.pullRequestId);
    return { place, refusal: await findRefusal(tx, command, place) };
  });
  const act = refusal ?? (await prepare(place));
  return await endWith(ctx, command, async () => act);
}

function unlessRefused(action: Action): Action {
  return async (tx, acting) =>
    (await findRefusal(tx, acting.command, acting.place)) ?? (await action(tx, acting));
}

async function findRefusal(tx: Tx, command: ClaimedCommand, place: CommandPlace): Promise<Act | null> {
  if (place.installation !== "active") return { status: "failed", reason: "not_installed", reply: null };
  const { headSha, baseRef } = place.pullRequest;
  const earlier = await findEarlierCommands(tx, command);
  const refusal = decideRefusal({ name: command.name, headSha, baseRef, earlier });
  if (refusal === null) return null;
  const refused = { status: "refused", reply: null } as const;
  switch (refusal.kind) {
    case "later":
      throw new TooSoon(refusal.delayMs);
    case "cooldown":
      return { ...refused, reason: "cooldown" };
    case "already_done":
      return {
        ...{ ...refused, reason: "already_done" },
        reply: alreadyDoneText(headSha, command.name === "review_full"),
      };
    case "question_limit":
      return { ...refused, reason: "question_limit", reply: refusal.isTold ? null : questionLimitText };
  }
}

function shown(reply: string): Act {
  return { status: "done", reason: "shown", reply };
}
