/** The reviewer that asks a language model about what changed, in parts that fit it. */
import type { Logger } from "../../../log.ts";
import type { Brief, Review, Reviewer, ReviewInput } from "../reviewer.ts";
import { askParts } from "./ask-parts.ts";
import type { Room } from "./budget/pack-parts.ts";
import { planReview } from "./budget/plan-review.ts";
import type { ModelClient, ModelLimits } from "./model-client.ts";
import { type ReadFindings, readFindings } from "./prompt/read-findings.ts";
import { reviewAnswer } from "./prompt/review-answer.ts";
import {
  fitBrief,
  fixedTokens,
  instructionTokens,
  reviewPrompt,
  reviewPromptHash,
} from "./prompt/review-prompt.ts";
import { findFailure, measureReading } from "./settle-parts.ts";

export interface ModelReviewerOptions {
  readonly log: Logger;
  /** Estimated tokens that all prompts of one review may have together; what is over is told as not reviewed. */
  readonly maxReviewTokens: number;
  /** Estimated tokens of one prompt, however much the model takes: one answer is to be about so much and no more. */
  readonly maxPartTokens?: number;
  /** Calls of one review at once. */
  readonly parallel?: number;
  /** Milliseconds for all calls of one review. */
  readonly deadlineMs?: number;
}

const defaults = { maxPartTokens: 60_000, parallel: 4, deadlineMs: 900_000 };

/** Of the answer, with what the model thinks before it; a quarter of a small window. */
const maxOutputTokens = 32_000;
const outputShare = 1 / 4;
/** What the estimate may be wrong by, and what the client adds where a server knows no schemas. */
const windowShare = 0.95;
const formTokens = 800;

/**
 * Its review throws ModelError only where no part was answered at all, so that a task with some answers is not asked
 * for, and paid for, again.
 */
export function createModelReviewer(client: ModelClient, options: ModelReviewerOptions): Reviewer {
  return { name: "model", review: (input) => review(client, input, { ...defaults, ...options }) };
}

async function review(
  client: ModelClient,
  input: ReviewInput,
  options: Required<ModelReviewerOptions>,
): Promise<Review> {
  const window = measureWindow(client.limits(input.brief.model), options.maxPartTokens);
  const brief = fitBrief(input.brief, window.inputTokens);
  const plan = await planReview(input, measureRoom(brief, window, options.maxReviewTokens));
  const allPaths = new Set(input.files.map(({ path }) => path));
  const outcomes = await askParts(plan.parts, {
    ...options,
    signal: input.signal,
    ask: async (part, signal): Promise<ReadFindings> => {
      const answer = await client.ask({
        ...reviewPrompt(brief, part),
        model: brief.model,
        effort: brief.effort,
        purpose: "review",
        promptHash: reviewPromptHash,
        schema: reviewAnswer,
        maxOutputTokens: window.outputTokens,
        signal,
        onCall: (call) => input.onModelCall(call, part),
      });
      return readFindings(answer.findings, part, allPaths);
    },
  });
  const failure = findFailure(outcomes);
  if (failure) throw failure;
  const answers = outcomes.flatMap((outcome) => (outcome.kind === "answered" ? [outcome.answer] : []));
  const dropped = answers.reduce((sum, answer) => sum + answer.dropped, 0);
  options.log.info({ parts: outcomes.length, answered: answers.length, dropped }, "model asked");
  return { findings: answers.flatMap(({ findings }) => findings), ...measureReading(plan, outcomes) };
}

export interface Window {
  /** Tokens of system text and prompt, as estimated. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function measureWindow(limits: ModelLimits, maxPartTokens: number): Window {
  const { contextTokens } = limits;
  const share = Math.floor(contextTokens * outputShare);
  const outputTokens = Math.max(1, Math.min(limits.maxOutputTokens, maxOutputTokens, share));
  const inputTokens = Math.max(0, (contextTokens - outputTokens) * windowShare - formTokens);
  return { inputTokens: Math.min(inputTokens, maxPartTokens), outputTokens };
}

/** @param brief as fitBrief cut it */
export function measureRoom(brief: Brief, { inputTokens }: Window, reviewTokens: number): Room {
  const fixed = fixedTokens(brief);
  const costs = new Map(brief.instructions.map((one) => [one, instructionTokens(one)]));
  return {
    partTokens: inputTokens - fixed,
    fixedTokens: fixed,
    reviewTokens,
    instructionsFor: (path) => new Map([...costs].filter(([{ appliesTo }]) => appliesTo(path))),
  };
}
