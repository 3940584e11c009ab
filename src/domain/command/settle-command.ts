/** The boundary of one command: whatever it throws puts it off or ends it. */
import {
  type ClaimedCommand,
  delayCommand,
  endCommand,
  handBackCommand,
} from "../../adapters/postgres/commands.ts";
import { withCorrelation } from "../../correlation.ts";
import { ReviewdError } from "../../errors.ts";
import { retryDelayMs } from "../task/settlement.ts";
import type { Act } from "./act.ts";
import { maxCommandAttempts } from "./command-attempts.ts";
import { type CommandContext, runCommand } from "./run-command.ts";
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
    const run = () => runCommand(ctx, command, signal);
    const act = await withCorrelation({ commandId: command.id }, run);
    return act ? { status: act.status, reason: act.reason } : { status: "lost" };
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

async function putOff(
  { db, log }: CommandContext,
  command: ClaimedCommand,
  error: unknown,
): Promise<CommandOutcome> {
  const text = error instanceof Error ? error.message : String(error);
  log.warn({ err: error, attempt: command.attemptCount }, "command not done");
  if (command.attemptCount >= maxCommandAttempts) {
    const end = { status: "failed", reason: "attempts_exhausted" } as const;
    await endCommand(db, command, { ...end, error: text });
    return end;
  }
  const askedMs = error instanceof ReviewdError ? (error.retryAfterMs ?? 0) : 0;
  const ownMs =
    command.attemptCount === 1 ? firstDelayMs : retryDelayMs(command.attemptCount - 1, Math.random());
  await delayCommand(db, command, { delayMs: Math.max(askedMs, ownMs), error: text });
  return { status: "delayed" };
}
