/** The text of an inline comment: what is wrong, why, a suggestion where one may be offered, which rule says so. */
import type { Finding, Severity } from "../../adapters/reviewer/reviewer.ts";
import { codeSpan, safeLine, safeMarkdown } from "./safe-markdown.ts";
import { suggestionBlock } from "./suggestion.ts";

/** A finding longer than this is an essay; and Markdown of hostile nesting takes long to parse. */
const maxFindingBody = 10_000;

/** @param suggestion as offeredSuggestion allowed it */
export function renderComment(finding: Finding, suggestion: string | null, marker: string): string {
  const parts = [
    `**${severityName(finding.severity)}: ${safeLine(finding.title)}**`,
    safeMarkdown(finding.body, maxFindingBody),
    suggestion === null ? "" : suggestionBlock(suggestion),
    renderOrigin(finding),
    marker,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

export function severityName(severity: Severity): string {
  return severity.charAt(0).toUpperCase() + severity.slice(1);
}

function renderOrigin({ reviewer, ruleId, category }: Finding): string {
  return ruleId === null ? `${reviewer} · ${safeLine(category, 40)}` : `Rule ${codeSpan(ruleId)}`;
}
