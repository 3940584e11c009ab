/** The rule for files that no longer parse; how that is told is in ../syntax-error.ts. */
import type { RuleHead } from "../rule.ts";

export const syntaxErrorRule: RuleHead = {
  id: "syntax/does-not-parse",
  severity: "high",
  category: "correctness",
  title: "The file does not parse after this change",
  why: "The parser gives up here or just below: a bracket, quote or keyword is missing or left over. Nothing can import, compile or run the file as it is.",
  bad: [
    { path: "src/cart.ts", lines: ["export function total(a: number) {", "  return a +;", "}"], line: 2 },
    { path: "src/cart.jsx", lines: ["const a = 1;", "const b = <div><span></div>;"], line: 2 },
    { path: "cart.py", lines: ["import math", "", "def total(a):", "    return (a"], line: 4 },
    { path: "cart.go", lines: ["package cart", "", "func f() {", "\tg(", "}"], line: 4 },
    { path: "Cart.java", lines: ["class Cart {", "  void f() {", "    g()", "  }", "}"], line: 3 },
  ],
  good: [
    { path: "src/cart.ts", lines: ["export const total = <T,>(a: T) => { using b = a; return b!; };"] },
    { path: "src/cart.jsx", lines: ["export default () => <><a /></>;"] },
    {
      path: "cart.py",
      lines: ["match a:", "    case {'x': 1}:", "        print(f'{a!r:>{10}}')", "type X[T] = list[T]"],
    },
    { path: "templates/cart.py", lines: ["class {{name}}:", "    pass"] },
    { path: "test/fixtures/broken.ts", lines: ["const a = ;"] },
    { path: "cart.go", lines: ["package cart", "", "func f[T any](a T) string { return `` }"] },
    { path: "Cart.java", lines: ['record Cart(int a) { String t() { return """', '  x"""; } }'] },
  ],
};
