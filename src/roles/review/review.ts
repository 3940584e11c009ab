/** `reviewd review`: reviews a range of a local repository with the built-in rules and prints the findings. */
import packageJson from "../../../package.json" with { type: "json" };
import { openClone } from "../../adapters/git/open-clone.ts";
import { readDiff } from "../../adapters/git/read-diff.ts";
import { readFileAt } from "../../adapters/git/read-file.ts";
import { ruleCatalog } from "../../adapters/reviewer/rules/rule-catalog.ts";
import { createRulesReviewer, type RulesInput } from "../../adapters/reviewer/rules/rules-reviewer.ts";
import type { Command, ExitCode, Invocation } from "../../command.ts";
import { createExclusion } from "../../domain/configuration/path-matcher.ts";
import { ReviewdError } from "../../errors.ts";
import { parseReviewArguments, type ReviewArguments, usage } from "./arguments.ts";
import { formatJson } from "./format-json.ts";
import { formatSarif } from "./format-sarif.ts";
import { formatText } from "./format-text.ts";
import { readLocalConfiguration, withoutConfiguration } from "./local-configuration.ts";
import { endProgress, withProgress } from "./progress.ts";
import { createReport, type Report } from "./report.ts";
import { resolveRange } from "./resolve-range.ts";

export const review: Command = async ({ args, env, signal }) => {
  const given = parseReviewArguments(args);
  if (given.help) return await print(`${usage}\n`, 0);
  try {
    const report = await reviewRange(given, signal);
    return await print(format(report, given, env), report.failed ? 1 : 0);
  } catch (error) {
    if (signal.aborted) return complain("stopped", 1);
    if (!(error instanceof ReviewdError)) throw error;
    return complain(error.message, error.code === "unavailable" ? 1 : 2);
  }
};

async function reviewRange(
  { directory, range, failOn, configured }: ReviewArguments,
  signal: AbortSignal,
): Promise<Report> {
  await using clone = await openClone(directory, signal);
  await using reviewer = createRulesReviewer();
  const resolved = await resolveRange(clone, range);
  const files = await readDiff(clone.repository, resolved.base, resolved.head);
  const readFile = (path: string) => readFileAt(clone.repository, resolved.head, path);
  const { values, configuration, unfollowed } = configured
    ? await readLocalConfiguration(clone, resolved)
    : withoutConfiguration;
  const { severityThreshold } = values;
  const input = {
    ...{ files, readFile, signal },
    isExcluded: createExclusion(values),
    disabledRules: new Set(values.disabledRules),
  };
  const found = await showingProgress(input, (shown) => reviewer.review(shown));
  const { version } = packageJson;
  const followed = { configuration, unfollowed, severityThreshold };
  return createReport(found, { range: resolved, version, failOn, ...followed });
}

/** Only a person at a terminal sees progress; a log gets the result alone. */
async function showingProgress<Result>(
  input: RulesInput,
  work: (input: RulesInput) => Promise<Result>,
): Promise<Result> {
  if (!process.stderr.isTTY) return await work(input);
  const write = (text: string) => void process.stderr.write(text);
  try {
    return await work(withProgress(input, write));
  } finally {
    endProgress(write);
  }
}

function format(report: Report, { format }: ReviewArguments, env: Invocation["env"]): string {
  switch (format) {
    case "json":
      return formatJson(report);
    case "sarif":
      return formatSarif(report, ruleCatalog);
    case "text": {
      // https://no-color.org: set and not empty, whatever its value.
      const colour = process.stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
      return formatText(report, { colour, columns: Math.min(process.stdout.columns ?? 100, 100) });
    }
  }
}

/** All of it is written before the process may exit; a reader that left (`| head`) is no failure. */
async function print(text: string, exitCode: ExitCode): Promise<ExitCode> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
  return exitCode;
}

function complain(problem: string, exitCode: ExitCode): ExitCode {
  console.error(`reviewd review: ${problem}`);
  return exitCode;
}
