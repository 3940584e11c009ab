/**
 * A language model that says what a test tells it to, over real HTTP, in the shapes of OpenAI (chat completions and
 * responses), Anthropic and Google. It keeps a ledger of what it was asked. For tests and the demo.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { chatShape } from "./chat-shape.ts";
import { geminiShape } from "./gemini-shape.ts";
import { messagesShape } from "./messages-shape.ts";
import { type Answer, fail, type Reply, type SentAnswer, say } from "./reply.ts";
import { responsesShape } from "./responses-shape.ts";
import type { Asked, Json, Question, Shape, ShapeName, StreamEvent } from "./shape.ts";

/** A question that came in, and what became of it. */
interface SeenQuestion extends Question {
  readonly shape: ShapeName;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Json;
  /** True once the caller has gone away before the answer was complete. */
  readonly isAbandoned: boolean;
}

/** What to say: one after the other, or decided for each question. A text stands for an answer that is it. */
export type Script = readonly Said[] | ((question: SeenQuestion, index: number) => Said | Promise<Said>);

type Said = Reply | string;

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  /** What to set for reviewd to ask this server, as any of its providers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every question, oldest first. */
  readonly questions: readonly SeenQuestion[];
  /** The most questions that were open at one time. */
  readonly mostAtOnce: () => number;
  /** From now on; a list starts at its first again. */
  readonly follow: (script: Script) => void;
  readonly close: () => Promise<void>;
}

/** A key that the server takes and that must be found nowhere else. */
export const modelKey = "sk-scripted-key-that-nobody-may-see";

const shapes: readonly Shape[] = [chatShape, responsesShape, messagesShape, geminiShape];
const pieceChars = 200;

export async function startModelServer(script: Script = []): Promise<ModelServer> {
  const questions: SeenQuestion[] = [];
  const state = { script, index: 0, open: 0, mostAtOnce: 0 };
  const server = createServer((request, response) => {
    const shape = shapes.find(({ matches }) => matches(pathOf(request)));
    if (!shape) {
      sendJson(response, 404, { error: { message: `no such path: ${request.url}` } });
      return;
    }
    void receive(shape, request, response).then(async (seen) => {
      questions.push(seen);
      state.open += 1;
      state.mostAtOnce = Math.max(state.mostAtOnce, state.open);
      response.once("close", () => {
        state.open -= 1;
      });
      const reply = await next(state, seen);
      if (!seen.isAbandoned) answer(response, { shape, asked: seen }, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url,
    environment: environmentOf(url),
    questions,
    mostAtOnce: () => state.mostAtOnce,
    follow: (next) => Object.assign(state, { script: next, index: 0 }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function environmentOf(url: string): Readonly<Record<string, string>> {
  return {
    OPENAI_COMPATIBLE_BASE_URL: `${url}/v1`,
    OPENAI_COMPATIBLE_API_KEY: modelKey,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: modelKey,
    ANTHROPIC_BASE_URL: `${url}/v1`,
    ANTHROPIC_API_KEY: modelKey,
    GOOGLE_GENERATIVE_AI_BASE_URL: `${url}/v1beta`,
    GOOGLE_GENERATIVE_AI_API_KEY: modelKey,
  };
}

async function receive(
  shape: Shape,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<SeenQuestion> {
  let isAbandoned = false;
  response.once("close", () => {
    isAbandoned = !response.writableFinished;
  });
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: Json = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return {
    ...shape.read(body, pathOf(request)),
    shape: shape.name,
    path: request.url ?? "",
    headers: new Headers(request.headersDistinct as Record<string, never>),
    body,
    get isAbandoned() {
      return isAbandoned;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0] ?? "";
}

async function next(state: { script: Script; index: number }, seen: SeenQuestion): Promise<Reply> {
  const { script, index } = state;
  state.index += 1;
  const said = typeof script === "function" ? await script(seen, index) : script[index];
  if (said === undefined) return fail(400, "script_over", `the script has no answer number ${index + 1}`);
  return typeof said === "string" ? say(said) : said;
}

interface Answering {
  readonly shape: Shape;
  readonly asked: Asked;
}

function answer(response: ServerResponse, answering: Answering, reply: Reply): void {
  const { shape, asked } = answering;
  switch (reply.kind) {
    case "text":
      sendText(response, answering, withUsage(reply, asked));
      return;
    case "refusal":
      if (asked.isStreamed) sendStream(response, shape.refusal(asked, reply.text)).end();
      else sendJson(response, 200, shape.wholeRefusal(asked, reply.text));
      return;
    case "error": {
      const { isInStream, status, headers } = reply;
      if (!isInStream) sendJson(response, status, shape.error(reply), headers);
      else sendStream(response, [...opening(answering, ""), shape.errorEvent(reply)]).end();
      return;
    }
    case "cut":
      sendStream(response, opening(answering, reply.text));
      // What was written must be out before the connection goes.
      setImmediate(() => response.socket?.destroySoon());
      return;
    case "hang":
      if (reply.text !== null) sendStream(response, opening(answering, reply.text));
      return;
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" }).end(reply.body);
  }
}

function sendText(response: ServerResponse, answering: Answering, sent: SentAnswer): void {
  const { shape, asked } = answering;
  if (!asked.isStreamed) sendJson(response, 200, shape.whole(asked, sent));
  else sendStream(response, [...opening(answering, sent.text, sent), ...shape.close(asked, sent)]).end();
}

function withUsage(reply: Answer, { system, prompt }: Question): SentAnswer {
  if (reply.usage !== undefined) return { ...reply, usage: reply.usage };
  const tokens = (text: string) => Math.ceil(text.length / 4);
  const usage = {
    inputTokens: tokens(system + prompt),
    cachedInputTokens: 0,
    outputTokens: tokens(reply.text),
  };
  return { ...reply, usage };
}

function opening(
  { shape, asked }: Answering,
  text: string,
  sent: SentAnswer = { kind: "text", text, finish: "stop", usage: null },
): readonly StreamEvent[] {
  const pieces = text.match(new RegExp(`[^]{1,${pieceChars}}`, "g")) ?? [];
  return [...shape.open(asked, sent), ...pieces.map((piece) => shape.piece(asked, piece))];
}

/** Leaves the stream open. */
function sendStream(response: ServerResponse, events: readonly StreamEvent[]): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const { event, data } of events) {
    const text = data === "[DONE]" ? data : JSON.stringify(data);
    response.write(`${event ? `event: ${event}\n` : ""}data: ${text}\n\n`);
  }
  return response;
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
