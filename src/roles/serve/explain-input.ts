/** What is wrong with what was sent, in one line of plain words: what zod says by itself is meant for programmers. */
import { z } from "@hono/zod-openapi";
import { printable } from "../../printable.ts";

/** Who mends these sees the next. */
const maxTold = 10;

export function explainInput({ issues }: z.core.$ZodError): string {
  const told = issues.map((issue) => {
    const place = issue.path.length === 0 ? "" : `${z.core.toDotPath(issue.path)}: `;
    return printable(place + explain(issue));
  });
  return [...new Set(told)].slice(0, maxTold).join("; ");
}

/** How zod's own messages begin. A schema that says something else knows better. */
const zodsOwn = /^(Invalid|Too (big|small)|Unrecognized)\b/;

function explain(issue: z.core.$ZodIssue): string {
  if (!zodsOwn.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `expected ${nounOf(issue.expected)}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `expected at least ${amountOf(issue.origin, issue.minimum)}`;
    case "too_big":
      return `expected at most ${amountOf(issue.origin, issue.maximum)}`;
    case "unrecognized_keys":
      return `there is no ${issue.keys.join(", ")} here`;
    case "invalid_format":
      return issue.format === "regex"
        ? "has characters that do not belong there"
        : `expected a ${issue.format}`;
    default:
      return issue.message;
  }
}

const nouns: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  string: "text",
};

function nounOf(expected: string): string {
  return nouns[expected] ?? expected;
}

function amountOf(origin: string, limit: number | bigint): string {
  if (origin === "string") return `${limit} characters`;
  return origin === "array" ? `${limit} entries` : String(limit);
}
