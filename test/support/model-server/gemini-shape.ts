/** Google's generateContent. */
import type { ReplyUsage, SentAnswer } from "./reply.ts";
import { at, count, type Json, list, type Shape, textOf } from "./shape.ts";

const finishes = { stop: "STOP", length: "MAX_TOKENS", filtered: "SAFETY" } as const;

export const geminiShape: Shape = {
  name: "gemini",
  matches: (path) => /:(streamG|g)enerateContent$/.test(path),
  read: (body, path) => ({
    model: /models\/([^:]+):/.exec(path)?.[1] ?? "",
    system: textOf(at(body, "systemInstruction", "parts")),
    prompt: list(body.contents)
      .map((content) => textOf(at(content, "parts")))
      .join("\n\n"),
    schema:
      at(body, "generationConfig", "responseJsonSchema") ??
      at(body, "generationConfig", "responseSchema") ??
      null,
    isStreamed: path.endsWith(":streamGenerateContent"),
    maxOutputTokens: count(at(body, "generationConfig", "maxOutputTokens")),
  }),
  whole: (_asked, reply) => candidate(reply.text, finishes[reply.finish], reply.usage),
  open: () => [],
  piece: (_asked, text) => ({ data: candidate(text, null, null) }),
  close: (_asked, { finish, usage }: SentAnswer) => [{ data: candidate("", finishes[finish], usage) }],
  refusal: () => [{ data: candidate("", "SAFETY", null) }],
  wholeRefusal: () => candidate("", "SAFETY", null),
  error: ({ status, type, message }) => ({ error: { code: status, message, status: type } }),
  errorEvent: ({ status, type, message }) => ({ data: { error: { code: status, message, status: type } } }),
};

function candidate(text: string, finishReason: string | null, usage: ReplyUsage | null): Json {
  const content = { role: "model", parts: [{ text }] };
  return {
    candidates: [{ index: 0, content, ...(finishReason && { finishReason }) }],
    ...(usage && {
      usageMetadata: {
        promptTokenCount: usage.inputTokens,
        cachedContentTokenCount: usage.cachedInputTokens,
        candidatesTokenCount: usage.outputTokens,
        totalTokenCount: usage.inputTokens + usage.outputTokens,
      },
    }),
  };
}
