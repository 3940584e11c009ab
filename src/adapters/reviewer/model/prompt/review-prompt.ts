/** What a model is asked about one part of a pull request. */

import type { Brief, EarlierRemark, Instruction } from "../../reviewer.ts";
import { cutToTokens, estimateTokens } from "../budget/estimate-tokens.ts";
import type { Part } from "../budget/part.ts";
import { fence } from "./fence.ts";
import { hashPrompt } from "./prompt-hash.ts";
import { reviewWords as words } from "./prompt-words.ts";
import { renderFile } from "./render-changes.ts";
import { reviewAnswer } from "./review-answer.ts";
import { visibleLine, visibleText } from "./visible-text.ts";

export const reviewPromptHash = hashPrompt(words, reviewAnswer);

export interface Prompt {
  readonly system: string;
  readonly prompt: string;
}

export function reviewPrompt(brief: Brief, part: Part): Prompt {
  const paths = part.files.map(({ file }) => file.path);
  const instructions = brief.instructions.filter(({ appliesTo }) => paths.some(appliesTo));
  return {
    system: sections([systemOf(brief), ...renderInstructions(instructions)]),
    prompt: sections([openingOf(brief), words.changes, ...part.files.map(renderFile), words.end]),
  };
}

/** Tokens of a prompt beside its files and the instructions for them. */
export function fixedTokens(brief: Brief): number {
  const { system, prompt } = reviewPrompt({ ...brief, instructions: [] }, { files: [] });
  return estimateTokens(system) + estimateTokens(prompt) + estimateTokens(`\n\n${words.instructions}`);
}

export function instructionTokens(instruction: Instruction): number {
  return estimateTokens(`\n\n${renderInstruction(instruction)}`);
}

function systemOf({ guidance }: Brief): string {
  const policy = guidance === null ? words.policy : `${words.guidance}\n\n${guidance}`;
  return sections([words.role, words.safety, words.form, policy, words.severities, words.answer]);
}

function renderInstructions(instructions: readonly Instruction[]): readonly string[] {
  return instructions.length === 0 ? [] : [words.instructions, ...instructions.map(renderInstruction)];
}

function renderInstruction({ paths, text }: Instruction): string {
  return paths.length === 0 ? text : `${words.forPaths} ${paths.join(", ")}:\n${text}`;
}

function openingOf({ pullRequest, earlier }: Brief): string {
  const { title, body, baseRef } = pullRequest;
  const said = `title: ${visibleLine(title)}\nbase branch: ${visibleLine(baseRef)}\n\n${visibleText(body)}`;
  const remarks = earlier.map(renderRemark).join("\n");
  const before = earlier.length === 0 ? [] : [words.earlier, fence("earlier remarks", remarks)];
  return sections([words.pullRequest, fence("pull request", said.trimEnd()), ...before]);
}

/** One line each. */
function renderRemark({ verdict, path, line, title, replies }: EarlierRemark): string {
  return visibleLine(JSON.stringify({ verdict, path, line, title, replies }));
}

function sections(texts: readonly string[]): string {
  return texts.join("\n\n");
}

/** Shares of the window that what goes with every part may take at most. */
const shares = { guidance: 1 / 5, instructions: 1 / 6, earlier: 1 / 10, body: 1 / 12 };
const maxTitleTokens = 150;

/** Cuts what goes with every part, so that most of the window is left for the changes. */
export function fitBrief(brief: Brief, windowTokens: number): Brief {
  const { title, body, baseRef } = brief.pullRequest;
  return {
    ...brief,
    guidance: brief.guidance && cutToTokens(brief.guidance, windowTokens * shares.guidance),
    instructions: takeWhileFits(brief.instructions, instructionTokens, windowTokens * shares.instructions),
    earlier: takeWhileFits(
      brief.earlier,
      (remark) => estimateTokens(`\n${renderRemark(remark)}`),
      windowTokens * shares.earlier,
    ),
    pullRequest: {
      title: cutToTokens(visibleLine(title), maxTitleTokens),
      baseRef: cutToTokens(visibleLine(baseRef), maxTitleTokens),
      body: cutToTokens(visibleText(body), windowTokens * shares.body),
    },
  };
}

function takeWhileFits<Item>(
  items: readonly Item[],
  costOf: (item: Item) => number,
  tokens: number,
): readonly Item[] {
  let left = tokens;
  const end = items.findIndex((item) => {
    left -= costOf(item);
    return left < 0;
  });
  return end === -1 ? items : items.slice(0, end);
}
