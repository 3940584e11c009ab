/** What a scripted model says or does when it is asked. */

export interface Answer {
  readonly kind: "text";
  readonly text: string;
  /** Why it ended: it was done, its length was used up, or it was filtered. */
  readonly finish: "stop" | "length" | "filtered";
  /** Null: the provider does not say. Left out: a token for four characters. */
  readonly usage?: ReplyUsage | null;
}

/** An answer as it is sent. */
export type SentAnswer = Required<Answer>;

export interface ReplyUsage {
  /** The cached ones among them. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Also among them. */
  readonly cacheWriteTokens?: number;
  readonly outputTokens: number;
}

export interface ErrorReply {
  readonly kind: "error";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The provider's word for it, e.g. `rate_limit_error`, `context_length_exceeded`. */
  readonly type: string;
  readonly message: string;
  /** True: the answer starts well and this is said in the middle of its stream. */
  readonly isInStream: boolean;
}

export type Reply =
  | Answer
  /** The model declines in its own words. */
  | { readonly kind: "refusal"; readonly text: string }
  | ErrorReply
  /** The connection is cut after this much of the answer. */
  | { readonly kind: "cut"; readonly text: string }
  /** Says this much of the answer and then nothing more, ever. Null: not even headers. */
  | { readonly kind: "hang"; readonly text: string | null }
  /** Status 200, and a body that is no provider's. */
  | { readonly kind: "garbage"; readonly body: string };

/** An answer in full; what is not a string is sent as JSON. */
export function say(answer: unknown, options: Partial<Pick<Answer, "finish" | "usage">> = {}): Answer {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  return { kind: "text", text, finish: "stop", ...options };
}

export function refuse(text = "I cannot help with that."): Reply {
  return { kind: "refusal", text };
}

export function fail(
  status: number,
  type: string,
  message: string,
  options: Partial<Pick<ErrorReply, "headers" | "isInStream">> = {},
): Reply {
  return { kind: "error", status, type, message, headers: {}, isInStream: false, ...options };
}

export function cutAfter(text: string): Reply {
  return { kind: "cut", text };
}

export function hang(text: string | null = null): Reply {
  return { kind: "hang", text };
}

export function garbage(body = "<html>not an API</html>"): Reply {
  return { kind: "garbage", body };
}
