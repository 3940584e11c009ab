/** What the dispatcher counts of commands for /metrics. */
import { Counter } from "prom-client";
import type { CommandName } from "../../adapters/postgres/commands.ts";
import type { CommandOutcome } from "../../domain/command/settle-command.ts";

const commands = new Counter({
  name: "reviewd_commands_total",
  help: "Commands in comments that were tried, by name, how that ended, and why.",
  labelNames: ["command", "status", "reason"],
});

/** Names, outcomes and reasons are words of ours, so there are only so many series. */
export function countCommand(command: CommandName, outcome: CommandOutcome): void {
  commands.inc({ command, status: outcome.status, reason: "reason" in outcome ? outcome.reason : "" });
}
