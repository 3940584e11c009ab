/** What `--help` says of a command: what it does and which variables it reads. */
import { type Invocation, UsageError } from "./command.ts";
import { type ConfiguredRole, roleSettings } from "./config.ts";
import type { Setting } from "./setting.ts";
import { settings } from "./settings.ts";

/**
 * For the commands that take no arguments. True when the help was asked for, and printed.
 * @param does what the command does, in full sentences
 * @throws UsageError on any other argument
 */
export function helpAsked({ args }: Invocation, role: ConfiguredRole, does: string): boolean {
  const [unknown] = args.filter((argument) => argument !== "--help" && argument !== "-h");
  if (unknown !== undefined) throw new UsageError(`${role} takes no arguments, got: ${unknown}`);
  if (args.length === 0) return false;
  console.log(`Usage: reviewd ${role}\n\n${does}\n\n${describeVariables(role)}`);
  return true;
}

/** The variables a command reads, one a line. */
export function describeVariables(role: ConfiguredRole): string {
  const read: readonly Setting[] = [...new Set(roleSettings[role])].map((key) => settings[key]);
  const names = read.map(({ name, secret }) => (secret ? `${name}[_FILE]` : name));
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  const lines = read.map(({ says }, at) => `  ${(names[at] ?? "").padEnd(width)}${says}`);
  return ["Environment:", ...lines].join("\n");
}
