/**
 * One command, from asking whether its author may to the reply. What it does, the reply that tells of it and its end
 * are one transaction: a process that dies before has done nothing, one that dies after owes nothing.
 */
import type { RepositoryRef } from "../../adapters/forge/forge.ts";
import { type CommandPlace, lockCommandPlace } from "../../adapters/postgres/command-place.ts";
import { insertCommandPublication } from "../../adapters/postgres/command-publications.ts";
import {
  type ClaimedCommand,
  endCommand,
  findEarlierCommands,
  lockCommand,
} from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { ReviewContext } from "../../context.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import { repositoryOf, signMarker } from "../review/writer.ts";
import type { Act } from "./act.ts";
import {
  type Acting,
  pauseReviews,
  resolveFindings,
  resumeReviews,
  startReview,
} from "./act-on-pull-request.ts";
import { answerQuestion } from "./answer-question.ts";
import { maxCommandAttempts } from "./command-attempts.ts";
import { decideRefusal } from "./decide-refusal.ts";
import { alreadyDoneText, helpText, questionLimitText } from "./reply-texts.ts";
import { showConfiguration } from "./show-configuration.ts";
import { TooSoon } from "./too-soon.ts";

export interface CommandContext extends ReviewContext {
  readonly taskMaxAttempts: number;
}

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
    return await end(ctx, command, async () => ({ status: "failed", reason: "not_installed", reply: null }));
  }
  const repository = repositoryOf(ctx, place);
  const denial = await findDenial(ctx, repository, command);
  // Nobody is told that they may not: a stranger could have us write to everybody there as often as they like.
  if (denial)
    return await end(ctx, command, async () => ({ status: "refused", reason: denial, reply: null }));
  signal.throwIfAborted();
  switch (command.name) {
    case "review":
    case "review_full":
      return await end(ctx, command, unlessRefused(startReview));
    case "pause":
      return await end(ctx, command, unlessRefused(pauseReviews));
    case "resume":
      return await end(ctx, command, unlessRefused(resumeReviews));
    case "resolve":
      return await end(ctx, command, unlessRefused(resolveFindings));
    case "help":
      return await end(
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
  { authorExternalId, authorLogin, attemptCount }: ClaimedCommand,
): Promise<"no_permission" | "permission_unknown" | null> {
  try {
    const permission = await forge.getPermission(repository, { id: authorExternalId, login: authorLogin });
    return permission === "admin" || permission === "write" ? null : "no_permission";
  } catch (error) {
    if (!(error instanceof ReviewdError)) throw error;
    if (isTransient(error) && attemptCount < maxCommandAttempts) throw error;
    log.warn({ err: error }, "it cannot be found out what the command's author may do");
    return "permission_unknown";
  }
}

type Action = (tx: Tx, acting: Acting) => Promise<Act>;

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
  return await end(ctx, command, async () => act);
}

function unlessRefused(action: Action): Action {
  return async (tx, acting) =>
    (await findRefusal(tx, acting.command, acting.place)) ?? (await action(tx, acting));
}

/** Does it and ends the command. */
async function end(ctx: CommandContext, command: ClaimedCommand, action: Action): Promise<Act | null> {
  const { taskMaxAttempts } = ctx;
  return await inTransaction(ctx.db, async (tx) => {
    const place = await lockCommandPlace(tx, command.pullRequestId);
    if (!(await lockCommand(tx, command))) return null;
    const act = await action(tx, { command, place, taskMaxAttempts });
    const { headSha } = place.pullRequest;
    const { status, reason, taskId = null } = act;
    await endCommand(tx, command, { status, reason, taskId, headSha });
    if (act.reply !== null) await intendReply(tx, ctx, command, { headSha, text: act.reply });
    return act;
  });
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

async function intendReply(
  tx: Tx,
  ctx: CommandContext,
  { id: commandId, pullRequestId, threadId }: ClaimedCommand,
  { headSha, text }: { readonly headSha: string; readonly text: string },
): Promise<void> {
  const id = Bun.randomUUIDv7();
  const place = await getPullRequestPlace(tx, pullRequestId);
  const marker = signMarker({ ctx, place }, { kind: "reply", publicationId: id, findingId: null });
  await insertCommandPublication(tx, {
    ...{ id, commandId, pullRequestId, kind: "reply" },
    payload: { headSha, threadId, body: `${text}\n\n${marker}` },
  });
}

function shown(reply: string): Act {
  return { status: "done", reason: "shown", reply };
}
