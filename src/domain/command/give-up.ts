/** Ends a command that was tried as often as it is. Who may is told so; who may not, or might not, is told nothing. */
import type { ClaimedCommand } from "../../adapters/postgres/commands.ts";
import { ReviewdError } from "../../errors.ts";
import type { Act } from "./act.ts";
import { type CommandContext, endWith } from "./end-with.ts";
import { givenUpText } from "./reply-texts.ts";

export type LastFailure =
  | { readonly reason: "attempts_exhausted"; readonly error: unknown }
  /** Its workers died. */
  | { readonly reason: "worker_lost" };

/** Null: the command is another worker's by now. */
export async function giveUp(
  ctx: CommandContext,
  command: ClaimedCommand,
  failure: LastFailure,
): Promise<Act | null> {
  return await endWith(ctx, command, async (_, { command: { name, permittedAt }, place }) => {
    const isHeard = permittedAt !== null && place.installation === "active";
    return {
      ...{ status: "failed", reason: failure.reason },
      reply: isHeard ? givenUpText(name, causeOf(failure)) : null,
      ...(failure.reason === "attempts_exhausted" && { error: messageOf(failure.error) }),
    };
  });
}

/** What is told of it: messages may name what is nobody's business. */
function causeOf(failure: LastFailure): Parameters<typeof givenUpText>[1] {
  if (failure.reason === "worker_lost") return "worker_lost";
  return failure.error instanceof ReviewdError ? failure.error.code : "unexpected";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
