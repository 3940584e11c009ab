/** The arguments of `reviewd doctor`. */
import { parseArgs } from "node:util";
import { UsageError, withUsage } from "../../command.ts";
import { describeVariables } from "../../role-usage.ts";

export const usage = `Usage: reviewd doctor [--json]

Looks at what reviewd needs, as the environment it is started in has it, and says what to do: the database and its
schema, the queue's books, long transactions, notifications, the GitHub App with its permissions and webhook, the first
language model of each provider, keys, git. It changes nothing and shows no secret. What is not set is skipped: start it
where a role runs to look with that role's eyes. Asking a model costs a few tokens.

  --json      the results as JSON
  --help      this text

Exit codes: 0 nothing failed, 1 something did, 2 wrong usage.

${describeVariables("doctor")}`;

export interface DoctorArguments {
  readonly help: boolean;
  readonly json: boolean;
}

/** @throws UsageError */
export const parseDoctorArguments = withUsage(usage, readArguments);

function readArguments(args: readonly string[]): DoctorArguments {
  const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    return { help: values.help ?? false, json: values.json ?? false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message.split("\n")[0]}`, { cause: error });
  }
}
