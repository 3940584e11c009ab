/** What rules of several languages about the same mistake have in common. */
import type { SgNode } from "@ast-grep/napi";
import { builtString } from "./built-string.ts";
import { givenTo, spotOf } from "./nodes.ts";
import { isNotTest } from "./paths.ts";
import type { Spot } from "./rule.ts";
import { isSqlWithValues } from "./sql-text.ts";

export const aboutSql = {
  kind: "tree",
  severity: "high",
  category: "security",
  title: "A value is put into an SQL statement as text",
  why: "A quote in the value changes the statement: it can read or delete what it should not. Pass the value as a parameter and let the driver keep it apart.",
  paths: isNotTest,
  accept: (node: SgNode): boolean => givenTo(node).slice(0, 3).some(isSqlWithValues),
  spot: (node: SgNode): Spot => spotOf(givenTo(node).find(isSqlWithValues) ?? node),
} as const;

export const aboutCommands = {
  kind: "tree",
  severity: "high",
  category: "security",
  title: "A value is put into a shell command as text",
  why: "The shell reads the value as part of the command: `; rm -rf ~` in it runs. Start the program itself with its arguments apart, or quote each value for the shell.",
  paths: isNotTest,
  accept: (node: SgNode): boolean => givenTo(node).slice(0, 1).some(hasValues),
} as const;

export const aboutTls = {
  kind: "tree",
  severity: "high",
  category: "security",
  title: "TLS certificates are not checked",
  why: "Anyone between the two ends can read and change what is sent. Add the authority to trust instead of trusting everybody.",
  paths: isNotTest,
} as const;

export const aboutDebuggers = {
  kind: "tree",
  severity: "medium",
  category: "correctness",
  title: "A debugger call was left in the code",
  why: "The program stops here and waits for somebody to type, or prints what nobody should read. Remove it.",
} as const;

export const aboutEmptyCatch = {
  kind: "tree",
  severity: "medium",
  category: "correctness",
  title: "An error is caught and nothing is done about it",
  why: "Whatever fails in there fails unseen, also what nobody thought of. Handle it, log it, or say in a comment why it does not matter.",
  paths: isNotTest,
} as const;

/** True for a string with values put into it. */
export function hasValues(node: SgNode | undefined): boolean {
  return Boolean(node && builtString(node)?.values.length);
}
