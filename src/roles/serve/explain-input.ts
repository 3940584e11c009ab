/** What is wrong with what was sent, in one line of plain words. */
import { z } from "@hono/zod-openapi";
import { explainIssue } from "../../explain-issue.ts";
import { printable } from "../../printable.ts";

/** Who mends these sees the next. */
const maxTold = 10;

export function explainInput({ issues }: z.core.$ZodError): string {
  const told = issues.map((issue) => {
    const place = issue.path.length === 0 ? "" : `${z.core.toDotPath(issue.path)}: `;
    return printable(place + explainIssue(issue));
  });
  return [...new Set(told)].slice(0, maxTold).join("; ");
}
