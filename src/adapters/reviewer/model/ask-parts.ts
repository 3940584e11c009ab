/**
 * Asks a model about all parts of a review, several at once, within one deadline. A part that fails costs its files,
 * not the others'.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { isTransient } from "../../../errors.ts";
import { type Part, splitPart } from "./budget/part.ts";
import { ModelError } from "./model-client.ts";

export type PartOutcome<Answer> =
  | { readonly kind: "answered"; readonly part: Part; readonly answer: Answer }
  | { readonly kind: "failed"; readonly part: Part; readonly error: ModelError }
  /** The deadline came first. */
  | { readonly kind: "timed_out"; readonly part: Part };

export interface Asking<Answer> {
  /** @throws ModelError; the signal's reason */
  readonly ask: (part: Part, signal: AbortSignal) => Promise<Answer>;
  /** Calls at once. */
  readonly parallel: number;
  /** Milliseconds for all parts together. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** How long a part is waited for that may be asked again. */
const usualWaitMs = 1_000;
const maxWaitMs = 60_000;

/**
 * One outcome a part; a part whose answer did not fit is asked about in two halves. Where some parts were answered and
 * others failed for now, these are asked once more: the whole again would cost all answers again.
 * @throws the signal's reason
 */
export async function askParts<Answer>(
  parts: readonly Part[],
  asking: Asking<Answer>,
): Promise<readonly PartOutcome<Answer>[]> {
  const over = new AbortController();
  const deadline = AbortSignal.timeout(asking.deadlineMs);
  const round: Round<Answer> = {
    ...asking,
    deadline,
    cut: AbortSignal.any([asking.signal, deadline, over.signal]),
    limit: pLimit(asking.parallel),
    refusal: null,
  };
  try {
    const first = await askAll(round, parts);
    const again = first.filter(mayBeAskedAgain);
    if (again.length === 0 || first.every(({ kind }) => kind !== "answered")) return first;
    await wait(round, Math.max(...again.map(({ error }) => error.retryAfterMs ?? usualWaitMs)));
    const second = await askAll(
      round,
      again.map(({ part }) => part),
    );
    return [...first.filter((outcome) => !mayBeAskedAgain(outcome)), ...second];
  } finally {
    over.abort();
  }
}

interface Round<Answer> extends Asking<Answer> {
  readonly deadline: AbortSignal;
  /** When nothing is waited for any more, for whatever reason. */
  readonly cut: AbortSignal;
  readonly limit: ReturnType<typeof pLimit>;
  /** What every further question would be answered with. */
  refusal: ModelError | null;
}

async function askAll<Answer>(
  round: Round<Answer>,
  parts: readonly Part[],
): Promise<readonly PartOutcome<Answer>[]> {
  const outcomes = await Promise.all(parts.map((part) => round.limit(() => askSplitting(round, part))));
  return outcomes.flat();
}

async function askSplitting<Answer>(
  round: Round<Answer>,
  part: Part,
): Promise<readonly PartOutcome<Answer>[]> {
  const outcome = await askOnce(round, part);
  const halves = isTooMuch(outcome) ? splitPart(part) : null;
  if (!halves) return [outcome];
  return [await askOnce(round, halves[0]), await askOnce(round, halves[1])];
}

async function askOnce<Answer>(round: Round<Answer>, part: Part): Promise<PartOutcome<Answer>> {
  if (round.refusal) return { kind: "failed", part, error: round.refusal };
  if (round.deadline.aborted) return { kind: "timed_out", part };
  try {
    return { kind: "answered", part, answer: await round.ask(part, round.cut) };
  } catch (error) {
    round.signal.throwIfAborted();
    if (round.deadline.aborted) return { kind: "timed_out", part };
    if (!(error instanceof ModelError)) throw error;
    if (error.outcome === "unauthorized") round.refusal = error;
    return { kind: "failed", part, error };
  }
}

function isTooMuch(outcome: PartOutcome<unknown>): boolean {
  if (outcome.kind !== "failed") return false;
  return outcome.error.outcome === "cut_off" || outcome.error.outcome === "context_exceeded";
}

function mayBeAskedAgain<Answer>(
  outcome: PartOutcome<Answer>,
): outcome is Extract<PartOutcome<Answer>, { kind: "failed" }> {
  return outcome.kind === "failed" && isTransient(outcome.error);
}

/** Until the deadline at most. */
async function wait({ signal, deadline, cut }: Round<unknown>, ms: number): Promise<void> {
  try {
    await sleep(Math.min(ms, maxWaitMs), undefined, { signal: cut });
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
  }
}
