/**
 * The end of a command: what is done, the reply that tells of it and the end itself are one transaction. A process that
 * dies before has done nothing, one that dies after owes nothing.
 */
import { lockCommandPlace } from "../../adapters/postgres/command-place.ts";
import { insertCommandPublication } from "../../adapters/postgres/command-publications.ts";
import { type ClaimedCommand, endCommand, lockCommand } from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { ReviewContext } from "../../context.ts";
import { signMarker } from "../review/writer.ts";
import type { Act } from "./act.ts";
import type { Acting } from "./act-on-pull-request.ts";

export interface CommandContext extends ReviewContext {
  readonly taskMaxAttempts: number;
}

export type Action = (tx: Tx, acting: Acting) => Promise<Act>;

/** Null: the command is another worker's by now. */
export async function endWith(
  ctx: CommandContext,
  claim: ClaimedCommand,
  action: Action,
): Promise<Act | null> {
  const { taskMaxAttempts } = ctx;
  return await inTransaction(ctx.db, async (tx) => {
    const place = await lockCommandPlace(tx, claim.pullRequestId);
    const command = await lockCommand(tx, claim);
    if (!command) return null;
    const act = await action(tx, { command, place, taskMaxAttempts });
    const { headSha } = place.pullRequest;
    const { status, reason, reply, taskId = null, error } = act;
    await endCommand(tx, command, { status, reason, taskId, headSha, ...(error && { error }) });
    if (reply !== null) await intendReply(tx, ctx, command, { headSha, text: reply });
    return act;
  });
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
