/** Rules for mistakes in Go; security is in go-security.ts. */
import type { SgNode } from "@ast-grep/napi";
import { findAncestor, kindOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const deferInLoop: TreeRule = {
  kind: "tree",
  id: "go/defer-in-loop",
  severity: "medium",
  category: "correctness",
  title: "The deferred call waits for the function to end, not for this turn of the loop",
  why: "Each turn adds one more open file, lock or connection, and all are released only when the function returns. Move the body of the loop into a function of its own, or release at its end.",
  languages: ["go"],
  paths: isNotTest,
  find: {
    kind: "defer_statement",
    regex: "\\.(Close|Unlock|RUnlock|Rollback|Release)\\(\\)$|^defer \\w*[cC]ancel\\(\\)$",
  },
  accept: (node) => {
    const loop = findAncestor(
      node,
      ["for_statement"],
      ["func_literal", "function_declaration", "method_declaration"],
    );
    return loop !== null && !alwaysLeaves(node);
  },
  bad: [
    {
      lines: [
        "package cart",
        "func all(names []string) error {",
        "\tfor _, name := range names {",
        "\t\tf, err := os.Open(name)",
        "\t\tif err != nil { return err }",
        "\t\tdefer f.Close()",
        "\t}",
        "\treturn nil",
        "}",
      ],
      line: 6,
    },
  ],
  good: [
    { lines: ["package cart", "func one() {", "\tfor {", "\t\tfunc() { defer unlock() }()", "\t}", "}"] },
    {
      lines: [
        "package cart",
        "func one() int {",
        "\tfor {",
        "\t\tdefer unlock()",
        "\t\treturn 1",
        "\t}",
        "}",
      ],
    },
  ],
};

/** The loop is left after this turn: a return or break follows in the same block. */
function alwaysLeaves(node: SgNode): boolean {
  return node.nextAll().some((next) => /^(return|break|goto)_statement$/.test(kindOf(next)));
}

const deferBeforeCheck: TreeRule = {
  kind: "tree",
  id: "go/defer-before-error-check",
  severity: "high",
  category: "correctness",
  title: "The response is used before its error is checked",
  why: "When the request fails the response is nil, and `resp.Body` panics instead of the error being returned. Check the error first, then defer the close.",
  languages: ["go"],
  find: { kind: "defer_statement", regex: "^defer\\s+\\w+\\.Body\\.Close\\(\\)$" },
  accept: (node) => {
    const response = /^defer\s+(\w+)\./.exec(node.text())?.[1];
    const assigned = node.prev()?.field("left")?.text().split(/,\s*/) ?? [];
    return assigned.length === 2 && assigned[0] === response && assigned[1] !== "_";
  },
  bad: [
    {
      lines: [
        "package cart",
        "func get(u string) error {",
        "\tresp, err := http.Get(u)",
        "\tdefer resp.Body.Close()",
        "\tif err != nil { return err }",
        "\treturn nil",
        "}",
      ],
      line: 4,
    },
  ],
  good: [
    {
      lines: [
        "package cart",
        "func get(u string) error {",
        "\tresp, err := http.Get(u)",
        "\tif err != nil { return err }",
        "\tdefer resp.Body.Close()",
        "\treturn nil",
        "}",
      ],
    },
  ],
};

const ignoredDecodeError: TreeRule = {
  kind: "tree",
  id: "go/ignored-decode-error",
  severity: "medium",
  category: "correctness",
  title: "The error of decoding is ignored",
  why: "When the input is malformed the value stays zero or half filled, and the code goes on with it. Check the error.",
  languages: ["go"],
  paths: isNotTest,
  find: {
    any: [
      { kind: "expression_statement" },
      { kind: "assignment_statement", has: { field: "left", regex: "^_$" } },
    ],
    regex:
      "^(_\\s*=\\s*)?((json|xml|yaml|toml)\\.Unmarshal|(json|xml|gob|yaml|toml)\\.NewDecoder\\([^()]*\\)\\.Decode)\\(",
  },
  bad: [
    {
      lines: [
        "package cart",
        "func f(b []byte) {",
        "\tvar c Cart",
        "\t_ = json.Unmarshal(b, &c)",
        "\tuse(c)",
        "}",
      ],
      line: 4,
    },
  ],
  good: [
    {
      lines: [
        "package cart",
        "func f(b []byte) error {",
        "\tvar c Cart",
        "\tif err := json.Unmarshal(b, &c); err != nil {",
        "\t\treturn err",
        "\t}",
        "\t_ = w.Close()",
        "\treturn json.Unmarshal(b, &c)",
        "}",
      ],
    },
  ],
};

const addInGoroutine: TreeRule = {
  kind: "tree",
  id: "go/wait-group-add-in-goroutine",
  severity: "high",
  category: "correctness",
  title: "WaitGroup.Add runs inside the goroutine it should wait for",
  why: "`Wait` may be reached before the goroutine has started: then the counter is still zero and nobody is waited for. Call `Add` before the `go` statement.",
  languages: ["go"],
  find: { kind: "expression_statement", regex: "^(\\w+\\.)*(wg|waitGroup|wait)\\.Add\\(1\\)$" },
  accept: (node) => {
    const literal = findAncestor(node, ["func_literal"], ["function_declaration", "method_declaration"]);
    const group = node.text().replace(/\.Add\(1\)$/, "");
    return (
      kindOf(literal?.parent()?.parent() ?? node) === "go_statement" &&
      literal?.text().includes(`${group}.Done()`) === true &&
      !literal.text().includes(`${group}.Wait()`)
    );
  },
  bad: [
    {
      lines: [
        "package cart",
        "func f() {",
        "\tgo func() {",
        "\t\twg.Add(1)",
        "\t\tdefer wg.Done()",
        "\t\twork()",
        "\t}()",
        "\twg.Wait()",
        "}",
      ],
      line: 4,
    },
  ],
  good: [
    {
      lines: [
        "package cart",
        "func f() {",
        "\twg.Add(1)",
        "\tgo func() {",
        "\t\tdefer wg.Done()",
        "\t}()",
        "\twg.Wait()",
        "}",
      ],
    },
  ],
};

export const goRules: readonly TreeRule[] = [
  deferInLoop,
  deferBeforeCheck,
  ignoredDecodeError,
  addInGoroutine,
];
