/** Whether an expression is an SQL statement with values put into it as text. */
import type { SgNode } from "@ast-grep/napi";
import { builtString } from "./built-string.ts";

const statement =
  /^\s*(select\s[\s\S]*?\sfrom\s|insert\s+into\s|replace\s+into\s|update\s[\s\S]*?\sset\s|delete\s+from\s|with\s+\w+\s+as\s*\(|create\s+(user|role|database)\s|drop\s+(user|role|database)\s)/i;

export function isSqlWithValues(node: SgNode | undefined): boolean {
  const built = node && builtString(node);
  return Boolean(built && built.values.length > 0 && statement.test(`${built.literal} `));
}
