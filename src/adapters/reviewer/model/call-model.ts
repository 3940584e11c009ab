/**
 * One call of a model, streamed: proxies do not cut it while it is silent at length, and an answer that breaks off is
 * known as such. Never tried again here: one call is one row of the ledger, and the task is what is retried.
 */
import { addAbortListener } from "node:events";
import { type LanguageModel, type LanguageModelUsage, Output, type SystemModelMessage, streamText } from "ai";
import type { LimitFunction } from "p-limit";
import type { z } from "zod";
import type { TokenUsage } from "./model-call.ts";
import type { ModelError } from "./model-client.ts";
import { failure, failureOf } from "./model-failure.ts";
import type { Effort } from "./model-settings.ts";

// Its warnings would go to standard output, among the log's lines.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

export interface Caller {
  readonly models: ReadonlyMap<string, LanguageModel>;
  readonly limit: LimitFunction;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
}

export interface Request {
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  /** Null: prose is asked for. */
  readonly schema: z.ZodType | null;
  readonly effort: Effort | null;
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
}

export interface Said {
  /** As far as it came; null: nothing did. */
  readonly text: string | null;
  readonly usage: TokenUsage | null;
  /** Null: it is an answer in full. */
  readonly failure: ModelError | null;
  readonly durationMs: number;
}

/** Waits for its turn. @throws the signal's reason when it is aborted before the call has begun */
export async function callModel(caller: Caller, request: Request): Promise<Said> {
  const { signal } = request;
  const left = Promise.withResolvers<never>();
  let hasBegun = false;
  using _listening = addAbortListener(signal, () => {
    if (!hasBegun) left.reject(signal.reason);
  });
  const turn = caller.limit(async () => {
    signal.throwIfAborted();
    hasBegun = true;
    return await call(caller, request);
  });
  return await Promise.race([turn, left.promise]);
}

async function call(caller: Caller, request: Request): Promise<Said> {
  const { model, signal } = request;
  const startedAt = performance.now();
  const deadline = AbortSignal.timeout(caller.timeoutMs);
  const heard = await listen(caller, request, AbortSignal.any([signal, deadline]));
  const ended = (): ModelError | null => {
    if (signal.aborted) return failure(model, "aborted");
    if (deadline.aborted) return failure(model, "timed_out");
    if (heard.error !== null) return failureOf(model, heard.error, caller.secrets);
    return judge(model, heard);
  };
  return {
    text: heard.text === "" ? null : heard.text,
    usage: heard.usage,
    failure: ended(),
    durationMs: Math.round(performance.now() - startedAt),
  };
}

interface Heard {
  readonly text: string;
  readonly finish: string | null;
  readonly usage: TokenUsage | null;
  /** What was thrown or sent as an error; null: nothing. */
  readonly error: unknown;
}

async function listen(caller: Caller, request: Request, abortSignal: AbortSignal): Promise<Heard> {
  const model = caller.models.get(request.model);
  if (!model) throw new Error(`${request.model} is not offered`);
  const { system, prompt, schema, effort, maxOutputTokens } = request;
  const heard = { text: "", finish: null as string | null, usage: null as TokenUsage | null };
  try {
    const { fullStream } = streamText({
      model,
      instructions: schema ? cachedHead(system) : system,
      prompt,
      maxOutputTokens,
      ...(effort && { reasoning: effort }),
      ...(schema && { output: asOutput(schema) }),
      // What is reviewed is nobody else's to keep.
      providerOptions: { openai: { store: false } },
      maxRetries: 0,
      abortSignal,
      telemetry: { isEnabled: false },
      // Otherwise it is written to standard error.
      onError: () => {},
    });
    let error: unknown = null;
    for await (const part of fullStream) {
      if (part.type === "text-delta") heard.text += part.text;
      if (part.type === "error") error ??= part.error;
      if (part.type === "finish-step") {
        heard.finish = part.finishReason;
        heard.usage = usageOf(part.usage);
      }
    }
    return { ...heard, error };
  } catch (error) {
    return { ...heard, error };
  }
}

/**
 * What the parts of a review begin with, and the next reviews: where it is to be kept, Anthropic has to be told. The other
 * providers keep it by themselves.
 */
function cachedHead(content: string): SystemModelMessage {
  return {
    role: "system",
    content,
    providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } },
  };
}

/** The schema goes out as the form to answer in; the answer is read by us, once, and not piece by piece. */
function asOutput(schema: z.ZodType) {
  return { ...Output.object({ schema }), parsePartialOutput: async () => undefined };
}

function usageOf(usage: LanguageModelUsage): TokenUsage | null {
  const { inputTokens, outputTokens, inputTokenDetails } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return null;
  const { cacheReadTokens: cachedInputTokens = 0, cacheWriteTokens = 0 } = inputTokenDetails;
  const written = cacheWriteTokens > 0 && { cacheWriteTokens };
  return { inputTokens, outputTokens, cachedInputTokens, ...written };
}

function judge(model: string, { text, finish }: Heard): ModelError | null {
  if (finish === "content-filter") return failure(model, "refused");
  if (finish === "length") return failure(model, "cut_off");
  if (finish === null || finish === "error" || finish === "interrupted") return failure(model, "unavailable");
  return text.trim() === "" ? failure(model, "empty") : null;
}
