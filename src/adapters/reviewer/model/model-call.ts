/** One call of a language model as it is accounted for: the ledger's row, and the texts for the record of the run. */

export type CallPurpose = "review" | "repair" | "answer";

/** How a call ended. Only `answered` has an answer that may be used. */
export type CallOutcome =
  | "answered"
  /** The answer is not what was asked for. */
  | "invalid_output"
  | "empty"
  /** The provider's limit on the answer's length was met. */
  | "cut_off"
  | "refused"
  | "context_exceeded"
  | "rate_limited"
  /** The provider does not take the request as it is, for none of the reasons above. */
  | "rejected"
  /** The key is wrong, lacks the model, or has no credit. */
  | "unauthorized"
  | "timed_out"
  /** Network, 5xx, or an answer that broke off. */
  | "unavailable"
  | "aborted";

export interface TokenUsage {
  readonly inputTokens: number;
  /** Of the input tokens, those the provider had cached. */
  readonly cachedInputTokens: number;
  /** Of the input tokens, those the provider put into its cache and charges for that. */
  readonly cacheWriteTokens?: number;
  readonly outputTokens: number;
}

export interface ModelCall {
  readonly purpose: CallPurpose;
  /** `provider/model` */
  readonly model: string;
  /** Names the version of the prompt: 64 hex digits over everything in it that is ours. */
  readonly promptHash: string;
  readonly outcome: CallOutcome;
  /** Null: the provider did not say. */
  readonly usage: TokenUsage | null;
  /** Null: no price is known for the model, or no usage. */
  readonly cost: { readonly microDollars: number; readonly priceVersion: string } | null;
  readonly durationMs: number;
  /** As it was sent: system text and prompt. */
  readonly request: { readonly system: string; readonly prompt: string };
  /** As it came back; null: nothing did. */
  readonly response: string | null;
}
