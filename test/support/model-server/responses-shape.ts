/** OpenAI's responses. */
import type { ReplyUsage, SentAnswer } from "./reply.ts";
import { type Asked, at, count, type Json, list, type Shape, type StreamEvent, textOf } from "./shape.ts";

const itemId = "msg_scripted";
const reasons = { length: "max_output_tokens", filtered: "content_filter" } as const;

export const responsesShape: Shape = {
  name: "responses",
  matches: (path) => path.endsWith("/responses"),
  read: (body) => {
    const said = (isSystem: boolean) =>
      list(body.input)
        .filter((item) => ["system", "developer"].includes(String(at(item, "role"))) === isSystem)
        .map((item) => textOf(at(item, "content")))
        .join("\n\n");
    return {
      model: String(body.model),
      system: said(true) || textOf(body.instructions),
      prompt: said(false),
      schema: at(body, "text", "format", "schema") ?? null,
      isStreamed: body.stream === true,
      maxOutputTokens: count(body.max_output_tokens),
    };
  },
  whole: (asked, reply) =>
    whole(asked, { type: "output_text", text: reply.text, annotations: [] }, incomplete(reply), reply.usage),
  open: (asked) => [
    event({ type: "response.created", response: head(asked) }),
    event({ type: "response.output_item.added", output_index: 0, item: { type: "message", id: itemId } }),
  ],
  piece: (_asked, delta) =>
    event({ type: "response.output_text.delta", item_id: itemId, output_index: 0, content_index: 0, delta }),
  close: (asked, reply) => close(asked, incomplete(reply), reply.usage),
  refusal: (asked, delta) => [
    ...responsesShape.open(asked, { kind: "text", text: "", finish: "stop", usage: null }),
    event({ type: "response.refusal.delta", item_id: itemId, output_index: 0, content_index: 0, delta }),
    ...close(asked, null, null),
  ],
  wholeRefusal: (asked, refusal) => whole(asked, { type: "refusal", refusal }, null, null),
  error: ({ type, message }) => ({ error: { message, type, param: null, code: type } }),
  errorEvent: ({ type, message }) =>
    event({ type: "error", sequence_number: 1, code: type, message, param: null }),
};

function event(data: Json): StreamEvent {
  return { event: String(data.type), data };
}

function incomplete({ finish }: SentAnswer): Json | null {
  return finish === "stop" ? null : { reason: reasons[finish] };
}

function close(
  asked: Asked,
  incomplete_details: Json | null,
  usage: ReplyUsage | null,
): readonly StreamEvent[] {
  const type = incomplete_details ? "response.incomplete" : "response.completed";
  const response = { ...head(asked), incomplete_details, usage: usage && usageOf(usage) };
  return [
    event({ type: "response.output_item.done", output_index: 0, item: { type: "message", id: itemId } }),
    event({ type, response }),
  ];
}

function whole(asked: Asked, content: Json, incomplete_details: Json | null, usage: ReplyUsage | null): Json {
  const output = [{ type: "message", role: "assistant", id: itemId, content: [content] }];
  return { ...head(asked), output, incomplete_details, usage: usage && usageOf(usage) };
}

function head({ model }: Asked): Json {
  return { id: "resp_scripted", object: "response", created_at: 1_767_225_600, model };
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens }: ReplyUsage): Json {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}
