/** What the operator says about language models: which there are, how they are reached and how they may be used. */

export const providerNames = ["anthropic", "openai", "google", "openai-compatible"] as const;
export type ProviderName = (typeof providerNames)[number];

export const efforts = ["low", "medium", "high"] as const;
export type Effort = (typeof efforts)[number];

export interface ModelSettings {
  /** `provider/model`, at least one; the first is asked where none is named. */
  readonly models: readonly string[];
  /** Those of `models` at least. */
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderAccess>>>;
  /** For one call, from its start to the end of its answer. */
  readonly timeoutMs: number;
  /** Calls at once in this process; others wait. */
  readonly concurrency: number;
  /** Where a question names none; null: the provider's own. */
  readonly effort: Effort | null;
  /** Of models whose window is not known to us. */
  readonly contextTokens: number | null;
}

export interface ProviderAccess {
  /** Null: the server wants none. */
  readonly apiKey: string | null;
  readonly baseUrl: string;
}

/** `openai-compatible/org/model` → the provider and what it calls the model; null where that is no model of a known one. */
export function splitModel(name: string): { readonly provider: ProviderName; readonly id: string } | null {
  const provider = providerNames.find((known) => name.startsWith(`${known}/`));
  const id = provider === undefined ? "" : name.slice(provider.length + 1);
  return provider === undefined || !/^\S+$/.test(id) ? null : { provider, id };
}
