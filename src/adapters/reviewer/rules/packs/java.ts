/** Rules for mistakes in Java; security is in java-security.ts. */
import type { SgNode } from "@ast-grep/napi";
import { argumentsOf, kindOf, replaceNode, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const stringIdentity: TreeRule = {
  kind: "tree",
  id: "java/string-identity",
  severity: "high",
  category: "correctness",
  title: "Strings are compared by identity",
  why: "`==` asks whether both are the same object. A string that was read or built is another object than a literal with the same text, so this is false when it should be true. Use `equals`.",
  languages: ["java"],
  find: {
    kind: "binary_expression",
    any: [
      { has: { field: "left", kind: "string_literal" } },
      { has: { field: "right", kind: "string_literal" } },
    ],
  },
  accept: (node) => /^[=!]=$/.test(node.field("operator")?.text() ?? ""),
  fix: (node) => {
    const [left, right] = [node.field("left"), node.field("right")];
    if (!left || !right) return null;
    const [literal, other] = left.is("string_literal") ? [left, right] : [right, left];
    const not = node.field("operator")?.text() === "!=" ? "!" : "";
    return replaceNode(node, `${not}${literal.text()}.equals(${other.text()})`);
  },
  bad: [
    {
      lines: ["class Cart {", "  boolean open(String state) {", '    return state == "open";', "  }", "}"],
      line: 3,
      fixed: [
        "class Cart {",
        "  boolean open(String state) {",
        '    return "open".equals(state);',
        "  }",
        "}",
      ],
    },
    {
      lines: ["class Cart {", '  boolean b = a() != "x";', "}"],
      line: 2,
      fixed: ["class Cart {", '  boolean b = !"x".equals(a());', "}"],
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        '  boolean a = "open".equals(state);',
        '  String b = "a" + (c == d);',
        "  boolean c = state == null;",
        "}",
      ],
    },
  ],
};

const emptyCatch: TreeRule = {
  kind: "tree",
  id: "java/empty-catch",
  severity: "medium",
  category: "correctness",
  title: "The exception is caught and dropped",
  why: "When it happens, nobody learns of it and the code goes on as if it had worked. Handle it, log it, or say in a comment (or by naming it `ignored`) why nothing is to be done.",
  languages: ["java"],
  paths: isNotTest,
  find: { kind: "catch_clause", has: { field: "body", regex: "^\\{\\s*\\}$" } },
  accept: (node) => {
    const caught = node.find({ rule: { kind: "catch_formal_parameter" } });
    const name = caught?.field("name")?.text() ?? "";
    const isBroad = /^(final\s+)?(Exception|Throwable|RuntimeException|Error)\s/.test(caught?.text() ?? "");
    return isBroad && !/ignore|expected|unused|^_$/i.test(name) && !onlyEnds(node.parent());
  },
  spot: (node) => ({ start: spotOf(node).start, end: spotOf(node).start + "catch".length }),
  bad: [
    {
      lines: [
        "class Cart {",
        "  void f() {",
        "    try {",
        "      save();",
        "    } catch (Exception e) {",
        "    }",
        "  }",
        "}",
      ],
      line: 5,
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        "  void f() {",
        "    try { save(); } catch (IOException ignored) { }",
        "    try { save(); } catch (Exception e) { /* best effort */ }",
        "    try { save(); } catch (NumberFormatException e) { }",
        "    try { stream.close(); } catch (Exception e) { }",
        "  }",
        "}",
      ],
    },
  ],
};

/** Nothing can be done when closing fails. */
function onlyEnds(tryStatement: SgNode | null): boolean {
  const body = tryStatement?.field("body")?.text() ?? "";
  return /^\{\s*[\w.()]*\.?(close\w*|shutdown\w*|disconnect|cancel|join|sleep|flush|destroy|release|delete)\([^;]*\);\s*\}$/i.test(
    body,
  );
}

const returnInFinally: TreeRule = {
  kind: "tree",
  id: "java/return-in-finally",
  severity: "high",
  category: "correctness",
  title: "A return in finally swallows the exception",
  why: "It replaces whatever the try block returned or threw, errors too. Return after the block.",
  languages: ["java"],
  find: {
    kind: "return_statement",
    inside: {
      kind: "finally_clause",
      stopBy: {
        any: [
          { kind: "finally_clause" },
          { kind: "lambda_expression" },
          { kind: "class_body" },
          { kind: "method_declaration" },
        ],
      },
    },
  },
  bad: [
    {
      lines: [
        "class Cart {",
        "  int f() {",
        "    try {",
        "      return load();",
        "    } finally {",
        "      return 0;",
        "    }",
        "  }",
        "}",
      ],
      line: 6,
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        "  int f() {",
        "    try {",
        "      return load();",
        "    } finally {",
        "      run(() -> { return 1; });",
        "    }",
        "  }",
        "}",
      ],
    },
  ],
};

const bigDecimalFromDouble: TreeRule = {
  kind: "tree",
  id: "java/big-decimal-from-double",
  severity: "medium",
  category: "correctness",
  title: "BigDecimal is made from a binary fraction",
  why: "`new BigDecimal(0.1)` is 0.1000000000000000055511151231257827…: the literal is rounded before BigDecimal sees it. Give the digits as a string.",
  languages: ["java"],
  find: { pattern: "new BigDecimal($NUMBER)" },
  accept: (node) => kindOf(argumentsOf(node)[0] ?? node) === "decimal_floating_point_literal",
  fix: (node) => {
    const number = argumentsOf(node)[0] ?? null;
    return replaceNode(number, `"${number?.text().replace(/[fFdD]$/, "")}"`);
  },
  bad: [
    {
      lines: ["class Cart {", "  BigDecimal rate = new BigDecimal(0.19);", "}"],
      line: 2,
      fixed: ["class Cart {", '  BigDecimal rate = new BigDecimal("0.19");', "}"],
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        '  BigDecimal a = new BigDecimal("0.19");',
        "  BigDecimal b = new BigDecimal(19);",
        "}",
      ],
    },
  ],
};

export const javaRules: readonly TreeRule[] = [
  stringIdentity,
  emptyCatch,
  returnInFinally,
  bigDecimalFromDouble,
];
