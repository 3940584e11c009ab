/** Rules for mistakes in PHP; security is in php-security.ts. */
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const positionAsTruth: TreeRule = {
  kind: "tree",
  id: "php/position-as-truth",
  severity: "high",
  category: "correctness",
  title: "A position is taken for yes or no",
  why: "A match at the very start is position 0, which counts as false. Use `str_contains`, or compare with `=== false`.",
  languages: ["php"],
  find: {
    kind: "function_call_expression",
    has: { field: "function", regex: "^(strpos|stripos|strrpos|mb_strpos|mb_stripos|array_search)$" },
    inside: {
      any: [
        {
          kind: "parenthesized_expression",
          inside: {
            any: [{ kind: "if_statement" }, { kind: "while_statement" }, { kind: "else_if_clause" }],
          },
        },
        { kind: "unary_op_expression", regex: "^!" },
        { kind: "binary_expression", has: { field: "operator", regex: "^(&&|\\|\\|)$" } },
      ],
    },
  },
  bad: [
    { lines: ["<?php", "if (strpos($path, '/api')) {", "  api();", "}"], line: 2 },
    { lines: ["<?php", "$ok = !strpos($a, $b);"], line: 2 },
  ],
  good: [
    { lines: ["<?php", "if (strpos($path, '/api') === 0 && strpos($a, 'b') !== false) {", "  api();", "}"] },
  ],
};

const looseHash: TreeRule = {
  kind: "tree",
  id: "php/loose-hash-comparison",
  severity: "high",
  category: "security",
  title: "A hash is compared with ==",
  why: "`==` takes two texts like `0e46…` and `0e83…` for equal numbers, and stops at the first difference, which can be timed. Use `hash_equals`.",
  languages: ["php"],
  paths: isNotTest,
  find: {
    kind: "binary_expression",
    all: [
      { has: { field: "operator", regex: "^(==|!=)$" } },
      { has: { kind: "function_call_expression", regex: "^(md5|sha1|hash|hash_hmac|crypt)\\(" } },
    ],
  },
  bad: [
    {
      lines: ["<?php", "if (hash_hmac('sha256', $body, $key) == $signature) {", "  accept();", "}"],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "<?php",
        "if (hash_equals(hash_hmac('sha256', $body, $key), $signature)) {",
        "  accept();",
        "}",
      ],
    },
  ],
};

const dump: TreeRule = {
  kind: "tree",
  id: "php/debug-output",
  severity: "low",
  category: "maintainability",
  title: "Debug output was left in the code",
  why: "It ends up in the page or the response, for everybody to read. Remove it, or write to the log.",
  languages: ["php"],
  paths: isNotTest,
  find: {
    kind: "expression_statement",
    has: { kind: "function_call_expression", regex: "^(var_dump|dd|dump|ddd)\\(" },
  },
  bad: [{ lines: ["<?php", "var_dump($cart);"], line: 2 }],
  good: [{ lines: ["<?php", "function dd($x) { return $x; }", "$s = $cart->dump();"] }],
};

export const phpRules: readonly TreeRule[] = [positionAsTruth, looseHash, dump];
