/** The arguments of `reviewd replay`. */
import { parseArgs } from "node:util";
import { UsageError, withUsage } from "../../command.ts";
import { describeVariables } from "../../role-usage.ts";

export const usage = `Usage: reviewd replay TASK [--json]

Makes the findings of a task again from what was recorded of its run in the database at DATABASE_URL, with no forge and
no model, and tells of each what became of it and why. The record holds the diff, the configuration with where each value
came from, the prompts, and the answers; RECORD_RETENTION_DAYS says how long it is kept.

  TASK        the task's id, as GET /tasks shows it
  --json      everything as JSON, with configuration, prompts and answers
  --help      this text

Exit codes: 0 the findings are the same byte for byte, 1 they are not (the difference is shown) or cannot be made again,
2 wrong usage.

${describeVariables("replay")}`;

export type ReplayArguments =
  | { readonly command: "help" }
  | { readonly command: "replay"; readonly taskId: string; readonly json: boolean };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws UsageError saying what is wrong and what is right */
export const parseReplayArguments = withUsage(usage, readArguments);

function readArguments(args: readonly string[]): ReplayArguments {
  const { values, positionals } = parse(args);
  if (values.help) return { command: "help" };
  const [taskId, ...others] = positionals;
  if (taskId === undefined) throw new UsageError("replay needs a task's id; GET /tasks shows them");
  if (others.length > 0) throw new UsageError(`replay takes one task, got also: ${others.join(" ")}`);
  if (!uuid.test(taskId)) throw new UsageError(`${JSON.stringify(taskId)} is no task's id`);
  return { command: "replay", taskId, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message.split("\n")[0]}`, { cause: error });
  }
}
