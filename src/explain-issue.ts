/** What is wrong with a value that somebody wrote, in plain words: what zod says by itself is meant for programmers. */
import type { z } from "zod";

/** How zod's own messages begin. A schema that says something else knows better. */
const zodsOwn = /^(Invalid|Too (big|small)|Unrecognized)\b/;
const maxShown = 40;
const maxNames = 10;

/** With what was given, where the schema was told to report it (`reportInput`). May hold anything that was given. */
export function explainIssue(issue: z.core.$ZodIssue): string {
  if (!zodsOwn.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `expected ${nouns[issue.expected] ?? issue.expected}${notThat(issue)}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}${notThat(issue)}`;
    case "too_small":
      return `expected at least ${amountOf(issue.origin, issue.minimum)}${notThat(issue)}`;
    case "too_big":
      return `expected at most ${amountOf(issue.origin, issue.maximum)}${notThat(issue)}`;
    case "unrecognized_keys":
      return `there is no ${listNames(issue.keys)} here`;
    case "invalid_format":
      return issue.format === "regex"
        ? "has characters that do not belong there"
        : `expected a ${issue.format}`;
    default:
      return issue.message;
  }
}

/** Names that somebody wrote, which may be many and long. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map(shorten);
  return [...shown, ...(names.length > maxNames ? ["…"] : [])].join(", ");
}

const nouns: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  string: "text",
};

function amountOf(origin: string, limit: number | bigint): string {
  if (origin === "string") return `${limit} ${limit === 1 ? "character" : "characters"}`;
  return origin === "array" ? `${limit} ${limit === 1 ? "entry" : "entries"}` : String(limit);
}

function notThat(issue: z.core.$ZodIssue): string {
  return "input" in issue ? sayGiven(issue.input, issue.code) : "";
}

/** Of what is too much or too little, only a number says more than the limit does. */
function sayGiven(input: unknown, code: z.core.$ZodIssue["code"]): string {
  if (typeof input === "number") return `, not ${input}`;
  if (code === "too_big" || code === "too_small") return "";
  if (input === null) return ", not nothing";
  if (Array.isArray(input)) return ", not a list";
  if (typeof input === "object") return ", not an object";
  const shown = shorten(String(input));
  return typeof input === "string" ? `, not "${shown}"` : `, not ${shown}`;
}

function shorten(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
