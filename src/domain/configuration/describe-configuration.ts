/** A configuration in words, for people who ask on a pull request how it is reviewed. Markdown, nothing of it trusted. */
import type { ConfigurationProblem, EffectiveConfiguration, Origin } from "./configuration.ts";
import { configurationKeys, settingNames } from "./review-settings.ts";

const origins: Readonly<Record<Origin, string>> = {
  default: "default",
  owner: "owner's settings",
  repository: "repository",
  task: "this review",
};

/** Every value with where it is from; what the instructions say is left to the file. The caller makes texts safe. */
export function describeConfiguration(effective: EffectiveConfiguration): string {
  const { values, path, commitSha, problems, warnings, guidance } = effective;
  const rows = configurationKeys.map((key) => {
    const value = key === "instructions" ? `${values.instructions.length} of them` : inCell(values[key]);
    return `| \`${settingNames[key]}\` | ${value} | ${origins[effective.origins[key]]} |`;
  });
  const at = `at commit ${commitSha.slice(0, 12)} of the base branch`;
  const source = path === null ? `There is no \`.reviewd.yml\` ${at}.` : `\`${path}\` ${at}.`;
  const ofFile = problems.filter(({ line }) => line !== null);
  const ofOwner = problems.filter(({ line }) => line === null);
  const isUsed =
    "It is not valid, so the repository's values are those of its last valid version, if there was one:";
  const reviewMd = guidance === null ? [] : ["`REVIEW.md` is followed."];
  return [
    [source, ...reviewMd].join(" "),
    ...titled(isUsed, ofFile),
    ...titled("This could not be followed:", ofOwner),
    ...titled("This has no effect:", warnings),
    "",
    "| setting | value | from |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

function titled(title: string, problems: readonly ConfigurationProblem[]): readonly string[] {
  return problems.length === 0 ? [] : ["", title, ...problems.map(listed)];
}

function listed({ line, message }: ConfigurationProblem): string {
  return `- ${line === null ? "the owner's settings" : `line ${line}`}: ${inText(message)}`;
}

function inCell(value: unknown): string {
  if (value === null) return "the operator's";
  const list = Array.isArray(value) ? value : [value];
  return list.length === 0 ? "none" : list.map((one) => code(String(one))).join(", ");
}

/** In a table a bar ends the cell, also in code; a backtick ends the code. */
function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** Of a message, which may quote the file. */
function inText(message: string): string {
  return code(message.replace(/\s+/g, " "));
}
