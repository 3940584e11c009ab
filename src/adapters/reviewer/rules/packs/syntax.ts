/** The rule for files that no longer parse; how that is told is in ../syntax-error.ts. */
import type { RuleHead } from "../rule.ts";

export const syntaxErrorRule: RuleHead = {
  id: "syntax/does-not-parse",
  severity: "high",
  category: "correctness",
  title: "The file does not parse after this change",
  why: "The parser gives up at or just below this line: a bracket, quote or keyword is missing or left over. Nothing can import or run the file as it is.",
  bad: [
    { path: "src/cart.ts", text: "export function total(a: number) {\n  return a +;\n}\n", line: 2 },
    { path: "cart.py", text: "def total(a):\n    return (a\n", line: 2 },
  ],
  good: [{ path: "src/cart.ts", text: "export function total(a: number) {\n  return a;\n}\n" }],
};
