/** A one-click commit offered in an inline comment, and when it may be offered. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { onAddedLines } from "./place-findings.ts";
import { isSafeVerbatim } from "./safe-text.ts";

const maxLength = 10_000;

/**
 * The finding's suggestion when it may be offered: it changes lines that the pull request itself wrote and no others,
 * hides nothing, carries no secret, and is allowed: on pull requests from forks a stranger could have steered it.
 */
export function offeredSuggestion(
  finding: Finding,
  file: FileDiff | undefined,
  { isAllowed }: { readonly isAllowed: boolean },
): string | null {
  const { suggestion } = finding;
  if (suggestion === null || !isAllowed || !file || suggestion.length > maxLength) return null;
  if (!onAddedLines(finding, file) || !isSafeVerbatim(suggestion)) return null;
  return toLines(suggestion) === replacedLines(finding, file) ? null : suggestion;
}

/**
 * Fenced by more backticks than any run inside, so that nothing in it can end the block. Without a character it removes
 * the lines; an empty line is one line.
 */
export function suggestionBlock(suggestion: string): string {
  const runs = suggestion.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return suggestion === ""
    ? `${fence}suggestion\n${fence}`
    : `${fence}suggestion\n${toLines(suggestion)}\n${fence}`;
}

/** The forge keeps each file's own line ends, and puts one after the last line where there was one. */
function toLines(suggestion: string): string {
  return suggestion.replace(/\r\n?/g, "\n").replace(/\n$/, "");
}

function replacedLines({ startLine, line }: Finding, file: FileDiff): string {
  const shown = file.hunks.flatMap(({ lines }) => lines);
  const replaced = shown.flatMap((one) =>
    one.kind !== "deleted" && one.newLine >= startLine && one.newLine <= line ? [one.text] : [],
  );
  return replaced.join("\n").replaceAll("\r", "");
}
