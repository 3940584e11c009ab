/** The arguments of `reviewd review`. */
import { parseArgs } from "node:util";
import { severities } from "../../adapters/reviewer/reviewer.ts";
import { UsageError, withUsage } from "../../command.ts";

export const formats = ["text", "json", "sarif"] as const;
type Format = (typeof formats)[number];

/** Least severe finding that fails the command; `none`: it never fails for what it finds. */
export const failOnValues = [...severities, "none"] as const;
export type FailOn = (typeof failOnValues)[number];

export interface ReviewArguments {
  readonly help: boolean;
  readonly directory: string;
  /** Null where the range is to be found out. */
  readonly range: string | null;
  readonly format: Format;
  readonly failOn: FailOn;
  /** False: the repository's configuration is left aside. */
  readonly configured: boolean;
}

export const usage = `Usage: reviewd review [--repo DIR] [RANGE] [options]

Reviews what a git range adds, with the built-in rules, and prints the findings. Needs no
database, no credentials and no network. Only commits are reviewed: what is staged or not
committed is not. Nothing the repository is configured with is run. Of its .reviewd.yml, as
it is on the side that changes go to (A, or the parent of COMMIT), include, exclude,
disabled_rules and severity_threshold are followed, whatever else it says. Where B or the
working tree has another one, that is told, with what is wrong in it.

RANGE
  A..B     what changed from A to B
  A...B    what B changed since it left A, as a pull request of B into A shows it
  COMMIT   what this commit changed against its first parent
  (none)   what HEAD changed since it left the branch it is for: the upstream where that is
           another branch, else the default branch of origin, else main or master; when
           there is nothing, the last commit

Options
  --repo DIR       a folder in the repository (default: .)
  --format FORMAT  text, json or sarif (default: text)
  --fail-on LEVEL  exit 1 for findings from this severity on: critical, high, medium, low,
                   or none (default: high)
  --no-config      follow no .reviewd.yml: every rule, every file, every finding
  --help           this text

Exit codes: 0 nothing found from --fail-on on, 1 something was found or the review failed,
2 wrong usage, no such repository or revision.`;

/** @throws UsageError saying what is wrong and what is right. */
export const parseReviewArguments = withUsage(usage, readArguments);

function readArguments(args: readonly string[]): ReviewArguments {
  const { values, positionals } = parse(args);
  const [range = null, extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`review takes one range, e.g. main...feature; "${extra}" is one too many`);
  }
  return {
    help: values.help ?? false,
    directory: values.repo ?? ".",
    range,
    format: oneOf("--format", formats, values.format ?? "text"),
    failOn: oneOf("--fail-on", failOnValues, values["fail-on"] ?? "high"),
    configured: !values["no-config"],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        repo: { type: "string" },
        format: { type: "string" },
        "fail-on": { type: "string" },
        "no-config": { type: "boolean" },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message.split("\n")[0]}`, { cause: error });
  }
}

function oneOf<Value extends string>(option: string, values: readonly Value[], given: string): Value {
  const value = values.find((one) => one === given);
  if (value !== undefined) return value;
  throw new UsageError(`${option} is ${values.join(", ")}; "${given}" is none of them`);
}
