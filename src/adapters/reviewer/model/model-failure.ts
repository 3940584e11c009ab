/** What a provider's refusal or a broken exchange means. Decided by status, then by the provider's codes and words. */
import { APICallError, StreamProviderError } from "ai";
import { ModelError } from "./model-client.ts";

type Outcome = ModelError["outcome"];

/** What providers say of themselves is not for sure free of what was sent to them. */
const maxSaidChars = 300;

const contextWords =
  /context_length_exceeded|string_above_max_length|maximum context|context (length|window|limit|size)|prompt is too long|too many (input )?tokens|input token count|request_too_large/i;
const creditWords = /insufficient_quota|billing_error|credit balance|no credit|payment required/i;
const keyWords = /api[ _]key (is )?(not valid|invalid)|api_key_invalid|invalid api key/i;
const refusalWords = /content_filter|content_policy|invalid_prompt|responsible ?ai/i;

/** @param secrets what must not be in the message, whatever the provider said */
export function failureOf(model: string, error: unknown, secrets: readonly string[]): ModelError {
  const said = readError(error);
  const outcome = outcomeOf(said);
  const words = clean(said.message, secrets);
  const status = said.status === null ? "" : ` (${said.status})`;
  const explanation =
    said.status === 404 && outcome === "unauthorized" ? "is not known there" : explanations[outcome];
  const retryAfterMs = retryAfter(said);
  return new ModelError(
    outcome,
    `${model} ${explanation}${status}${words && `: ${words}`}`,
    retryAfterMs === null ? {} : { retryAfterMs },
  );
}

export function failure(model: string, outcome: Outcome): ModelError {
  return new ModelError(outcome, `${model} ${explanations[outcome]}`);
}

const explanations: Readonly<Record<Outcome, string>> = {
  invalid_output: "did not answer in the form that was asked for",
  empty: "gave an empty answer",
  cut_off: "used up the length of its answer before it was done",
  refused: "refused to answer",
  context_exceeded: "cannot take that much text",
  rate_limited: "is asked too often",
  rejected: "does not take the request",
  unauthorized: "may not be used with this key",
  timed_out: "did not answer in time",
  unavailable: "could not be reached or broke off",
  aborted: "was not waited for",
};

interface Said {
  /** Null: it did not come to an answer. */
  readonly status: number | null;
  readonly message: string;
  /** All that was said, to look for codes in. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

function readError(error: unknown): Said {
  const message = error instanceof Error ? error.message : String(error);
  if (APICallError.isInstance(error)) {
    const { statusCode, responseBody = "", responseHeaders = {} } = error;
    // A status of success is of an answer that broke off later.
    const status = statusCode !== undefined && statusCode >= 400 ? statusCode : null;
    return { status, message, text: `${message} ${responseBody}`, headers: responseHeaders };
  }
  if (StreamProviderError.isInstance(error)) {
    const { type = "", code = "", statusCode = null } = error;
    return { status: statusCode, message, text: `${message} ${type} ${code}`, headers: {} };
  }
  return { status: null, message, text: "", headers: {} };
}

function outcomeOf({ status, text }: Said): Outcome {
  if (creditWords.test(text) || keyWords.test(text)) return "unauthorized";
  if (contextWords.test(text) && (status === null || (status < 500 && status !== 429)))
    return "context_exceeded";
  if (status === null) return "unavailable";
  if ([401, 402, 403, 404].includes(status)) return "unauthorized";
  if (status === 413) return "context_exceeded";
  if (status === 429) return "rate_limited";
  if (status >= 500 || status === 408 || status === 409) return "unavailable";
  return refusalWords.test(text) ? "refused" : "rejected";
}

/** By the headers of OpenAI and Anthropic, or in the body as Google says it. */
function retryAfter({ headers, text }: Said): number | null {
  const ms = Number(headers["retry-after-ms"] ?? Number.NaN);
  if (ms >= 0) return Math.ceil(ms);
  const after = headers["retry-after"] ?? /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(text)?.[1];
  if (after === undefined) return null;
  const seconds = Number(after);
  if (seconds >= 0) return Math.ceil(seconds * 1_000);
  const at = Date.parse(after);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function clean(text: string, secrets: readonly string[]): string {
  const withoutSecrets = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[key]"), text);
  const line = withoutSecrets
    // OpenAI repeats a wrong key, most of it starred out.
    .replace(/\bsk-[\w*-]+/g, "[key]")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > maxSaidChars ? `${line.slice(0, maxSaidChars)}…` : line;
}
