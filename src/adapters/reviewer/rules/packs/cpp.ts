/** Rules for C++ alone; those it shares with C are in c.ts. */
import { findAncestor, replaceNode } from "../nodes.ts";
import type { TreeRule } from "../rule.ts";

const throwCopy: TreeRule = {
  kind: "tree",
  id: "cpp/rethrow-copy",
  severity: "medium",
  category: "correctness",
  title: "A copy of the exception is thrown, cut down to the type that was caught",
  why: "What the exception was beyond that type is lost to whoever catches it next. `throw;` throws the one that was caught.",
  languages: ["cpp"],
  find: { kind: "throw_statement", regex: "^throw \\w+;$" },
  accept: (node) => {
    const name = /^throw (\w+);$/.exec(node.text())?.[1];
    const caught = findAncestor(node, ["catch_clause"], ["lambda_expression", "function_definition"]);
    const parameters = caught?.field("parameters")?.text() ?? "";
    return (
      new RegExp(`[&\\s]${name}\\)$`).test(parameters) &&
      !new RegExp(`\\b${name}\\s*=[^=]`).test(caught?.text() ?? "")
    );
  },
  fix: (node) => replaceNode(node, "throw;"),
  bad: [
    {
      lines: ["void f() {", "  try { g(); } catch (const std::exception& e) {", "    throw e;", "  }", "}"],
      line: 3,
      fixed: ["void f() {", "  try { g(); } catch (const std::exception& e) {", "    throw;", "  }", "}"],
    },
  ],
  good: [
    {
      lines: [
        "void f() {",
        "  try { g(); } catch (const std::exception& e) {",
        "    throw CartError(e);",
        "  }",
        "}",
      ],
    },
  ],
};

const catchByValue: TreeRule = {
  kind: "tree",
  id: "cpp/catch-by-value",
  severity: "low",
  category: "correctness",
  title: "The exception is caught by value",
  why: "It is copied and cut down to the named type: `what()` of what was thrown is lost. Catch `const std::exception&`.",
  languages: ["cpp"],
  find: {
    kind: "catch_clause",
    has: { field: "parameters", regex: "^\\((const\\s+)?std::\\w*(exception|error)\\s+\\w+\\)$" },
  },
  spot: (node) => {
    const { start, end } = (node.field("parameters") ?? node).range();
    return { start: start.index, end: end.index };
  },
  bad: [{ lines: ["void f() {", "  try { g(); } catch (std::exception e) { log(e); }", "}"], line: 2 }],
  good: [{ lines: ["void f() {", "  try { g(); } catch (const std::exception& e) { log(e); }", "}"] }],
};

const unnamedLock: TreeRule = {
  kind: "tree",
  id: "cpp/lock-not-held",
  severity: "high",
  category: "correctness",
  title: "The lock has no name and is given back at once",
  why: "A value without a name ends with its own statement, so that nothing is locked in the lines below. Give it one: `std::lock_guard lock(mutex);`.",
  languages: ["cpp"],
  find: {
    kind: "expression_statement",
    regex:
      "^std::(lock_guard|unique_lock|scoped_lock|shared_lock)\\s*(<[^<>;]*(<[^<>]*>)?[^<>;]*>)?\\s*[({][^;]*[)}];$",
  },
  bad: [{ lines: ["void f() {", "  std::lock_guard<std::mutex>{mutex_};", "  change();", "}"], line: 2 }],
  good: [{ lines: ["void f() {", "  std::lock_guard<std::mutex> lock(mutex_);", "  change();", "}"] }],
};

const danglingText: TreeRule = {
  kind: "tree",
  id: "cpp/dangling-c-str",
  severity: "high",
  category: "correctness",
  title: "The pointer outlives the string it points into",
  why: "`str()` returns a string by value, which is gone at the end of this statement. Keep the string in a variable, and take `c_str()` of that.",
  languages: ["cpp"],
  find: {
    kind: "init_declarator",
    has: { field: "declarator", kind: "pointer_declarator" },
    regex: "=\\s*[\\w.>-]+\\.str\\(\\)\\.(c_str|data)\\(\\)$",
  },
  bad: [
    { lines: ["void f() {", "  const char* text = stream.str().c_str();", "  use(text);", "}"], line: 2 },
  ],
  good: [{ lines: ["void f() {", "  const std::string text = stream.str();", "  use(text.c_str());", "}"] }],
};

const autoPtr: TreeRule = {
  kind: "tree",
  id: "cpp/auto-ptr",
  severity: "low",
  category: "maintainability",
  title: "auto_ptr is not part of C++ since C++17",
  why: "Copying one takes the object away from the other. Use `std::unique_ptr`.",
  languages: ["cpp"],
  find: {
    any: [{ kind: "template_type" }, { kind: "template_function" }],
    regex: "^auto_ptr\\s*<",
    inside: { kind: "qualified_identifier", regex: "^std::" },
  },
  bad: [{ lines: ["void f() {", "  std::auto_ptr<Cart> cart(new Cart);", "}"], line: 2 }],
  good: [{ lines: ["void f() {", "  std::unique_ptr<Cart> cart(new Cart);", "}"] }],
};

export const cppRules: readonly TreeRule[] = [throwCopy, catchByValue, unnamedLock, danglingText, autoPtr];
