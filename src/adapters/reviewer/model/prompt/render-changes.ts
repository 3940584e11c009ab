/** How changes are written for the model: each line with its number at the head, each file in a fence of its own. */
import type { FileDiff } from "../../../git/diff.ts";
import { estimateTokens } from "../budget/estimate-tokens.ts";
import type { PartFile, Row, Section } from "../budget/part.ts";
import { fence } from "./fence.ts";
import { visibleLine } from "./visible-text.ts";

export function renderFile({ file, sections }: PartFile): string {
  return fence("file", [headOf(file), ...sections.map(renderSection)].join("\n"));
}

const sectionHead = "@@";

function renderSection({ rows }: Section): string {
  return [sectionHead, ...rows.map(renderRow)].join("\n");
}

/** `12 + text` was added, ` - text` deleted, `12   text` is there unchanged. */
function renderRow({ kind, newLine, text, isShown }: Row): string {
  const mark = kind === "added" ? "+" : kind === "deleted" ? "-" : " ";
  const shown = isShown ? visibleLine(text) : `[a line of ${text.length} characters that is not shown]`;
  return `${newLine ?? ""} ${mark} ${shown}`;
}

function headOf({ path, oldPath, change }: FileDiff): string {
  const was = oldPath === null ? "" : `\nwas: ${nameOf(oldPath)}`;
  return `path: ${nameOf(path)}${was}\nchange: ${change}`;
}

/** Quoted: a name may hold line breaks. */
function nameOf(path: string): string {
  return JSON.stringify(visibleLine(path));
}

const lineBreak = estimateTokens("\n");
/** Tokens of a section beside its rows. */
export const sectionCost = estimateTokens(sectionHead) + lineBreak;

export function costOfRow(row: Row): number {
  return estimateTokens(renderRow(row)) + lineBreak;
}

export function costOfSection({ rows }: Section): number {
  return rows.reduce((sum, row) => sum + costOfRow(row), sectionCost);
}

/** Tokens of a file's fence and head. */
export function costOfFile(file: FileDiff): number {
  return estimateTokens(renderFile({ file, sections: [] })) + 2 * lineBreak;
}
