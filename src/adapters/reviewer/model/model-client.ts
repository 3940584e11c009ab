/** What reviewd asks of a language model, whichever provider has it. */
import type { z } from "zod";
import { type ErrorCode, ReviewdError } from "../../../errors.ts";
import type { CallOutcome, CallPurpose, ModelCall } from "./model-call.ts";

/** A call that gave no usable answer; `outcome` says how, the code what to do about it. */
export class ModelError extends ReviewdError {
  readonly outcome: Exclude<CallOutcome, "answered">;

  constructor(
    outcome: Exclude<CallOutcome, "answered">,
    message: string,
    details: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(codes[outcome], message, details);
    this.outcome = outcome;
  }
}

const codes: Readonly<Record<Exclude<CallOutcome, "answered">, ErrorCode>> = {
  invalid_output: "invalid_input",
  empty: "invalid_input",
  cut_off: "invalid_input",
  refused: "invalid_input",
  context_exceeded: "invalid_input",
  rate_limited: "rate_limited",
  rejected: "invalid_input",
  unauthorized: "forbidden",
  timed_out: "unavailable",
  unavailable: "unavailable",
  aborted: "unavailable",
};

export interface Question {
  /** `provider/model`; null: the operator's first. */
  readonly model: string | null;
  readonly effort: "low" | "medium" | "high" | null;
  readonly purpose: Exclude<CallPurpose, "repair">;
  readonly system: string;
  readonly prompt: string;
  readonly promptHash: string;
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
  readonly onCall: (call: ModelCall) => Promise<void>;
}

export interface ModelClient {
  /**
   * An answer of the schema's shape. One that is not is sent back once to be repaired.
   * @throws ModelError; the signal's reason when it is aborted before there is an answer
   */
  ask<Schema extends z.ZodType>(question: Question & { readonly schema: Schema }): Promise<z.output<Schema>>;
  /** An answer in prose. @throws as ask() */
  write(question: Question): Promise<string>;
  /** What the model takes in one call. @throws ReviewdError invalid_input when the operator does not offer it */
  limits(model: string | null): ModelLimits;
}

export interface ModelLimits {
  /** `provider/model` */
  readonly model: string;
  /** Tokens of input and output together. */
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}
