/** Rules for mistakes in C#; security is in csharp-security.ts. */
import { findAncestor, replaceNode, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutEmptyCatch } from "../shared-heads.ts";

const lostTrace: TreeRule = {
  kind: "tree",
  id: "csharp/rethrow-loses-trace",
  severity: "medium",
  category: "correctness",
  title: "The stack trace starts anew here",
  why: "`throw e;` forgets where the error came from. `throw;` keeps it.",
  languages: ["csharp"],
  find: { kind: "throw_statement", regex: "^throw \\w+;$" },
  accept: (node) => {
    const name = /^throw (\w+);$/.exec(node.text())?.[1];
    const caught = findAncestor(
      node,
      ["catch_clause"],
      ["lambda_expression", "method_declaration", "local_function_statement"],
    );
    const declared = new RegExp(`\\s${name}\\s*\\)$`).test(caught?.child(1)?.text() ?? "");
    return declared && !new RegExp(`\\b${name}\\s*=[^=]`).test(caught?.text() ?? "");
  },
  fix: (node) => replaceNode(node, "throw;"),
  bad: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    try { G(); } catch (Exception e) {",
        "      Log(e);",
        "      throw e;",
        "    }",
        "  }",
        "}",
      ],
      line: 5,
      fixed: [
        "class A {",
        "  void F() {",
        "    try { G(); } catch (Exception e) {",
        "      Log(e);",
        "      throw;",
        "    }",
        "  }",
        "}",
      ],
    },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    try { G(); } catch (Exception e) { throw new CartException(e); }",
        "  }",
        "}",
      ],
    },
  ],
};

const asyncVoid: TreeRule = {
  kind: "tree",
  id: "csharp/async-void",
  severity: "medium",
  category: "correctness",
  title: "Nobody can wait for this method or catch its errors",
  why: "An exception in an `async void` method ends the process. Return `Task`.",
  languages: ["csharp"],
  paths: isNotTest,
  find: { kind: "method_declaration", regex: "^[^{(]*\\basync\\s+void\\s+\\w+\\s*\\(" },
  accept: (node) => {
    const head = node.text().split("{")[0] ?? "";
    return !/\boverride\b|\bOn[A-Z]|EventArgs|\bsender\b|_\w+\s*\(|Handler|\b(Start|Awake|Update)\s*\(/.test(
      head,
    );
  },
  spot: (node) => spotOf(node.field("name") ?? node),
  bad: [
    { lines: ["class A {", "  async void Save(Cart cart) {", "    await Store(cart);", "  }", "}"], line: 2 },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  async Task Save(Cart cart) => await Store(cart);",
        "  async void Clicked(object sender, EventArgs e) => await Save(cart);",
        "}",
      ],
    },
  ],
};

const sharedLock: TreeRule = {
  kind: "tree",
  id: "csharp/lock-on-shared-object",
  severity: "medium",
  category: "correctness",
  title: "The lock is on an object that others can lock too",
  why: "Code that knows nothing of this one can take the same lock, and both wait for each other. Lock a private object made for it.",
  languages: ["csharp"],
  find: { kind: "lock_statement", regex: '^lock\\s*\\(\\s*(this|typeof\\(\\w+\\)|"[^"]*")\\s*\\)' },
  spot: (node) => ({ start: spotOf(node).start, end: spotOf(node).start + "lock".length }),
  bad: [{ lines: ["class A {", "  void F() {", "    lock (this) { G(); }", "  }", "}"], line: 3 }],
  good: [{ lines: ["class A {", "  void F() {", "    lock (gate) { G(); }", "  }", "}"] }],
};

const blockingInAsync: TreeRule = {
  kind: "tree",
  id: "csharp/blocking-in-async",
  severity: "high",
  category: "correctness",
  title: "An async method blocks its thread until a task is done",
  why: "When the task needs this very thread, both wait forever; otherwise the thread is missing to others. Write `await`.",
  languages: ["csharp"],
  paths: isNotTest,
  find: { kind: "invocation_expression", regex: "\\.GetAwaiter\\(\\)\\.GetResult\\(\\)$" },
  accept: (node) => {
    const owner = findAncestor(
      node,
      ["method_declaration"],
      ["lambda_expression", "local_function_statement"],
    );
    return owner !== null && /^[^{(]*\basync\b/.test(owner.text());
  },
  bad: [
    {
      lines: [
        "class A {",
        "  async Task F() {",
        "    var cart = Load().GetAwaiter().GetResult();",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    { lines: ["class A {", "  void F() {", "    var cart = Load().GetAwaiter().GetResult();", "  }", "}"] },
  ],
};

const emptyCatch: TreeRule = {
  ...aboutEmptyCatch,
  id: "csharp/empty-catch",
  languages: ["csharp"],
  find: { kind: "catch_clause", regex: "^catch\\s*(\\(\\s*Exception(\\s+\\w+)?\\s*\\)\\s*)?\\{\\s*\\}$" },
  bad: [{ lines: ["class A {", "  void F() {", "    try { G(); } catch { }", "  }", "}"], line: 3 }],
  good: [
    { lines: ["class A {", "  void F() {", "    try { G(); } catch (TimeoutException) { }", "  }", "}"] },
  ],
};

export const csharpRules: readonly TreeRule[] = [
  lostTrace,
  asyncVoid,
  sharedLock,
  blockingInAsync,
  emptyCatch,
];
