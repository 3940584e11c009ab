/** The boundary of one command: whatever it throws puts it off or ends it. */
import { type ClaimedCommand, delayCommand, handBackCommand } from "../../adapters/postgres/commands.ts";
import { withCorrelation } from "../../correlation.ts";
import { ReviewdError } from "../../errors.ts";
import { retryDelayMs } from "../task/settlement.ts";
import type { Act } from "./act.ts";
import { maxCommandAttempts } from "./command-attempts.ts";
import type { CommandContext } from "./end-with.ts";
import { giveUp } from "./give-up.ts";
import { runCommand } from "./run-command.ts";
import { TooSoon } from "./too-soon.ts";

export type CommandOutcome =
  | Pick<Act, "status" | "reason">
  /** It is another worker's by now; or it comes again, sooner or later. */
  | { readonly status: "lost" | "released" | "delayed" };

/** The first retry comes soon: a person waits. */
const firstDelayMs = 2_000;

/** @param signal aborted with the reason `lost` when the lease lapsed, else when the process ends */
export async function settleCommand(
  ctx: CommandContext,
  command: ClaimedCommand,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  try {
    // Claimed once more only because its last worker was lost.
    if (command.attemptCount > maxCommandAttempts) {
      return outcomeOf(await giveUp(ctx, command, { reason: "worker_lost" }));
    }
    const run = () => runCommand(ctx, command, signal);
    return outcomeOf(await withCorrelation({ commandId: command.id }, run));
  } catch (error) {
    if (signal.aborted && signal.reason === "lost") return { status: "lost" };
    if (signal.aborted) {
      await handBackCommand(ctx.db, command);
      return { status: "released" };
    }
    if (error instanceof TooSoon) {
      await delayCommand(ctx.db, command, { delayMs: error.delayMs, error: null });
      return { status: "delayed" };
    }
    return await putOff(ctx, command, error);
  }
}

function outcomeOf(act: Act | null): CommandOutcome {
  return act ? { status: act.status, reason: act.reason } : { status: "lost" };
}

async function putOff(ctx: CommandContext, command: ClaimedCommand, error: unknown): Promise<CommandOutcome> {
  const { attemptCount } = command;
  ctx.log.warn({ err: error, attempt: attemptCount }, "command not done");
  if (attemptCount >= maxCommandAttempts) {
    return outcomeOf(await giveUp(ctx, command, { reason: "attempts_exhausted", error }));
  }
  const askedMs = error instanceof ReviewdError ? (error.retryAfterMs ?? 0) : 0;
  const ownMs = attemptCount === 1 ? firstDelayMs : retryDelayMs(attemptCount - 1, Math.random());
  const text = error instanceof Error ? error.message : String(error);
  await delayCommand(ctx.db, command, { delayMs: Math.max(askedMs, ownMs), error: text });
  return { status: "delayed" };
}
