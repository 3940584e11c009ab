/** Anthropic's messages. A schema comes as an output format, or as the one tool that must be called. */
import type { ReplyUsage } from "./reply.ts";
import { type Asked, at, count, type Json, list, type Shape, type StreamEvent, textOf } from "./shape.ts";

const finishes = { stop: "end_turn", length: "max_tokens", filtered: "refusal" } as const;
const noUsage: ReplyUsage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };

export const messagesShape: Shape = {
  name: "messages",
  matches: (path) => path.endsWith("/messages"),
  read: (body) => ({
    model: String(body.model),
    system: textOf(body.system),
    prompt: list(body.messages)
      .map((message) => textOf(at(message, "content")))
      .join("\n\n"),
    cachedHead: textOf(list(body.system).filter((block) => at(block, "cache_control"))) || null,
    schema:
      at(body, "output_config", "format", "schema") ??
      at(body, "output_format", "schema") ??
      toolOf(body)?.schema ??
      null,
    isStreamed: body.stream === true,
    maxOutputTokens: count(body.max_tokens),
  }),
  whole: (asked, { text, finish, usage }) => ({
    ...message(asked, usage ?? noUsage),
    content: [wholeBlock(asked, text)],
    stop_reason: stopReason(asked, finish),
  }),
  open: (asked, { usage }) => [
    event({ type: "message_start", message: message(asked, { ...(usage ?? noUsage), outputTokens: 1 }) }),
    event({ type: "content_block_start", index: 0, content_block: startBlock(asked) }),
    event({ type: "ping" }),
  ],
  piece: ({ body }, text) =>
    event({
      type: "content_block_delta",
      index: 0,
      delta: toolOf(body) ? { type: "input_json_delta", partial_json: text } : { type: "text_delta", text },
    }),
  close: (asked, { finish, usage }) => [
    event({ type: "content_block_stop", index: 0 }),
    event({
      type: "message_delta",
      delta: { stop_reason: stopReason(asked, finish), stop_sequence: null },
      usage: { output_tokens: (usage ?? noUsage).outputTokens },
    }),
    event({ type: "message_stop" }),
  ],
  refusal: (asked, text) => [
    event({ type: "message_start", message: message(asked, noUsage) }),
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
    event({ type: "content_block_stop", index: 0 }),
    event({
      type: "message_delta",
      delta: { stop_reason: "refusal", stop_sequence: null },
      usage: { output_tokens: 0 },
    }),
    event({ type: "message_stop" }),
  ],
  wholeRefusal: (asked, text) => ({
    ...message(asked, noUsage),
    content: [{ type: "text", text }],
    stop_reason: "refusal",
  }),
  error: ({ type, message: text }) => ({ type: "error", error: { type, message: text } }),
  errorEvent: ({ type, message: text }) => event({ type: "error", error: { type, message: text } }),
};

function event(data: Json): StreamEvent {
  return { event: String(data.type), data };
}

/** The tool that must be called, where an answer of a shape is asked for by one. */
function toolOf(body: Json): { readonly name: string; readonly schema: unknown } | null {
  const [tool] = list(body.tools);
  return tool === undefined ? null : { name: String(at(tool, "name")), schema: at(tool, "input_schema") };
}

function startBlock({ body }: Asked): Json {
  const tool = toolOf(body);
  if (!tool) return { type: "text", text: "" };
  return { type: "tool_use", id: "toolu_scripted", name: tool.name, input: {} };
}

function wholeBlock(asked: Asked, text: string): Json {
  const tool = toolOf(asked.body);
  return tool ? { ...startBlock(asked), input: JSON.parse(text) } : { type: "text", text };
}

function stopReason({ body }: Asked, finish: keyof typeof finishes): string {
  return finish === "stop" && toolOf(body) ? "tool_use" : finishes[finish];
}

function message({ model }: Asked, usage: ReplyUsage): Json {
  return {
    id: "msg_scripted",
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    // Anthropic counts cached tokens apart.
    usage: {
      input_tokens: usage.inputTokens - usage.cachedInputTokens - (usage.cacheWriteTokens ?? 0),
      cache_creation_input_tokens: usage.cacheWriteTokens ?? 0,
      cache_read_input_tokens: usage.cachedInputTokens,
      output_tokens: usage.outputTokens,
    },
  };
}
