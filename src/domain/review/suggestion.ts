/** A one-click commit offered in an inline comment, and when it may be offered. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { onAddedLines } from "./place-findings.ts";
import { isSafeVerbatim } from "./safe-text.ts";

const maxLength = 10_000;

/**
 * The finding's suggestion when it may be offered: it replaces only lines the pull request itself wrote, hides nothing,
 * carries no secret, and the author is not a stranger who could have steered it.
 */
export function offeredSuggestion(
  finding: Finding,
  file: FileDiff | undefined,
  { fromFork }: { readonly fromFork: boolean },
): string | null {
  const { suggestion } = finding;
  if (suggestion === null || fromFork || !file || suggestion.length > maxLength) return null;
  return onAddedLines(finding, file) && isSafeVerbatim(suggestion) ? suggestion : null;
}

/** Fenced by more backticks than any run inside, so that nothing in it can end the block. */
export function suggestionBlock(suggestion: string): string {
  const runs = suggestion.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  const code = suggestion.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  return code === "" ? `${fence}suggestion\n${fence}` : `${fence}suggestion\n${code}\n${fence}`;
}
