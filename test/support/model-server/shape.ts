/** What differs from one provider's API to another's: how a question is read and an answer is written. */
import type { ErrorReply, SentAnswer } from "./reply.ts";

export type ShapeName = "chat" | "responses" | "messages" | "gemini";

/** A question, whichever API it came by. */
export interface Question {
  readonly model: string;
  readonly system: string;
  /** All that is not the system's, in order. */
  readonly prompt: string;
  /** What the provider was told to keep, where it has to be told; null: nothing. */
  readonly cachedHead?: string | null;
  /** The JSON schema that the answer is to have; null: none was named. */
  readonly schema: unknown;
  readonly isStreamed: boolean;
  readonly maxOutputTokens: number | null;
}

export interface Shape {
  readonly name: ShapeName;
  readonly matches: (path: string) => boolean;
  readonly read: (body: Json, path: string) => Question;
  readonly whole: (asked: Asked, reply: SentAnswer) => Json;
  /** The stream's events: those before, with and after the text. */
  readonly open: (asked: Asked, reply: SentAnswer) => readonly StreamEvent[];
  readonly piece: (asked: Asked, text: string) => StreamEvent;
  readonly close: (asked: Asked, reply: SentAnswer) => readonly StreamEvent[];
  readonly refusal: (asked: Asked, text: string) => readonly StreamEvent[];
  readonly wholeRefusal: (asked: Asked, text: string) => Json;
  readonly error: (reply: ErrorReply) => Json;
  readonly errorEvent: (reply: ErrorReply) => StreamEvent;
}

export interface Asked extends Question {
  readonly body: Json;
}

export type Json = { readonly [key: string]: unknown };

export interface StreamEvent {
  readonly event?: string;
  readonly data: Json | "[DONE]";
}

/** The text of a message's content: a string, or parts that have one. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: { text?: unknown }) => (typeof part.text === "string" ? part.text : ""))
    .join("\n");
}

/** A value inside nested objects; undefined where there is none. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function count(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
