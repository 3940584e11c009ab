/** OpenAI's chat completions, which the compatible servers speak: Ollama, vLLM, LiteLLM and their like. */
import type { ReplyUsage, SentAnswer } from "./reply.ts";
import { type Asked, at, count, type Json, list, type Shape, type StreamEvent, textOf } from "./shape.ts";

const id = "chatcmpl-scripted";
const created = 1_767_225_600;
const finishes = { stop: "stop", length: "length", filtered: "content_filter" } as const;

export const chatShape: Shape = {
  name: "chat",
  matches: (path) => path.endsWith("/chat/completions"),
  read: (body) => {
    const messages = list(body.messages);
    const said = (isSystem: boolean) =>
      messages
        .filter((message) => (at(message, "role") === "system") === isSystem)
        .map((message) => textOf(at(message, "content")))
        .join("\n\n");
    return {
      model: String(body.model),
      system: said(true),
      prompt: said(false),
      schema: at(body, "response_format", "json_schema", "schema") ?? null,
      isStreamed: body.stream === true,
      maxOutputTokens: count(body.max_tokens) ?? count(body.max_completion_tokens),
    };
  },
  whole: (asked, reply) => whole(asked, { content: reply.text }, finishes[reply.finish], reply.usage),
  open: (asked) => [chunk(asked, { role: "assistant", content: "" })],
  piece: (asked, text) => chunk(asked, { content: text }),
  close: (asked, reply) => close(asked, finishes[reply.finish], reply.usage),
  refusal: (asked, text) => [
    chunk(asked, { role: "assistant", refusal: text }),
    ...close(asked, "stop", null),
  ],
  wholeRefusal: (asked, text) => whole(asked, { content: null, refusal: text }, "stop", null),
  error: ({ type, message }) => ({ error: { message, type, param: null, code: type } }),
  errorEvent: ({ type, message }) => ({ data: { error: { message, type, param: null, code: type } } }),
};

function whole(asked: Asked, message: Json, finish_reason: string, usage: SentAnswer["usage"]): Json {
  const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason }];
  return { ...head(asked, "chat.completion"), choices, ...(usage && { usage: usageOf(usage) }) };
}

function close(asked: Asked, finish: string, usage: ReplyUsage | null): readonly StreamEvent[] {
  const isUsageAsked = at(asked.body, "stream_options", "include_usage") === true;
  const told: StreamEvent[] =
    usage && isUsageAsked
      ? [{ data: { ...head(asked, "chat.completion.chunk"), choices: [], usage: usageOf(usage) } }]
      : [];
  return [chunk(asked, {}, finish), ...told, { data: "[DONE]" }];
}

function chunk(asked: Asked, delta: Json, finish_reason: string | null = null): StreamEvent {
  const choices = [{ index: 0, delta, finish_reason }];
  return { data: { ...head(asked, "chat.completion.chunk"), choices } };
}

function head({ model }: Asked, object: string): Json {
  return { id, object, created, model };
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens }: ReplyUsage): Json {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
  };
}
