/** Finds the JSON in what a model wrote, and holds it to its schema. */
import { z } from "zod";

export type Reading<Value> = { readonly value: Value } | { readonly problems: string };

/** Around the JSON, where it is not in a fence: a courtesy, not an answer in prose with an example in it. */
const maxProseChars = 400;
const maxProblemChars = 4_000;
const thought = /^\s*<think>[\s\S]*?<\/think>/;

/** Takes what is alone, in the one code fence there is, or between a few words. */
export function readAnswer<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): Reading<z.output<Schema>> {
  const found = findJson(text.replace(thought, "").trim());
  if (found === null) return { problems: "The answer is not one JSON value." };
  const parsed = schema.safeParse(found.value);
  if (parsed.success) return { value: parsed.data };
  return { problems: z.prettifyError(parsed.error).slice(0, maxProblemChars) };
}

function findJson(text: string): { readonly value: unknown } | null {
  return parse(text) ?? parseFenced(text) ?? parseInProse(text);
}

function parseFenced(text: string): { readonly value: unknown } | null {
  const [fence, ...others] = [...text.matchAll(/^```\w*[ \t]*\n([\s\S]*?)\n```[ \t]*$/gm)];
  return fence?.[1] === undefined || others.length > 0 ? null : parse(fence[1]);
}

function parseInProse(text: string): { readonly value: unknown } | null {
  const start = text.search(/[{[]/);
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]")) + 1;
  if (start === -1 || end <= start || text.length - (end - start) > maxProseChars) return null;
  return parse(text.slice(start, end));
}

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
