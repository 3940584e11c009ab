/** Rules for C that hold in C++ too; C++'s own are in cpp.ts. */
import type { SgNode } from "@ast-grep/napi";
import { findAncestor, givenTo, kindOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const both = ["c", "cpp"] as const;

const unboundedInput: TreeRule = {
  kind: "tree",
  id: "c/unbounded-input",
  severity: "critical",
  category: "security",
  title: "Input is read into a buffer without a limit",
  why: "Longer input than the buffer overwrites what lies behind it, and can run code. Use `fgets`, or give the width: `%63s`.",
  languages: both,
  find: { kind: "call_expression", has: { field: "function", regex: "^(gets|scanf|fscanf|sscanf)$" } },
  accept: (node) => {
    const called = node.field("function")?.text();
    const given = givenTo(node);
    if (called === "gets") return given.length === 1;
    const format = given[called === "scanf" ? 0 : 1];
    return (
      called !== "sscanf" && format !== undefined && /^"/.test(format.text()) && /%s/.test(format.text())
    );
  },
  bad: [
    { lines: ["void f(void) {", "  char name[64];", '  scanf("%s", name);', "}"], line: 3 },
    { lines: ["void f(char *b) {", "  gets(b);", "}"], line: 2 },
  ],
  good: [
    {
      lines: [
        "void f(void) {",
        "  char name[64];",
        '  scanf("%63s", name);',
        "  fgets(name, 64, stdin);",
        "}",
      ],
    },
  ],
};

const formatFromValue: TreeRule = {
  kind: "tree",
  id: "c/format-from-value",
  severity: "high",
  category: "security",
  title: "A value is used as a format",
  why: 'A `%n` or `%s` in the value reads and writes memory. Print it as data: `printf("%s", value)`.',
  languages: both,
  paths: isNotTest,
  find: { kind: "call_expression", has: { field: "function", regex: "^(printf|fprintf|syslog|dprintf)$" } },
  accept: (node) => {
    const given = givenTo(node);
    const format = given.at(-1);
    const isOnly = given.length === (node.field("function")?.text() === "printf" ? 1 : 2);
    return isOnly && format !== undefined && isVariableText(format);
  },
  bad: [{ lines: ["void f(char *name) {", "  printf(name);", "}"], line: 2 }],
  good: [
    {
      lines: [
        "void f(char *name) {",
        '  printf("%s", name);',
        "  printf(USAGE);",
        '  printf("hello" PRIu64);',
        "}",
      ],
    },
  ],
};

/** A parameter or a local array: what a macro or a constant of the file holds is its author's. */
function isVariableText(node: SgNode): boolean {
  if (!node.is("identifier")) return false;
  const owner = findAncestor(node, ["function_definition"], []);
  const declaration = new RegExp(`\\bchar\\s*(?:const\\s*)?\\*?\\s*${node.text()}\\b`);
  const constant = new RegExp(`\\b${node.text()}\\s*(?:\\[\\w*\\])?\\s*=\\s*"`);
  return owner !== null && declaration.test(owner.text()) && !constant.test(owner.text());
}

const reallocIntoItself: TreeRule = {
  kind: "tree",
  id: "c/realloc-into-itself",
  severity: "medium",
  category: "correctness",
  title: "The memory is lost when it cannot be made larger",
  why: "`realloc` then returns null and leaves the old memory as it was, but nothing points to it any more. Assign to another pointer first, and check that.",
  languages: ["c"],
  paths: isNotTest,
  find: {
    kind: "assignment_expression",
    has: { field: "right", kind: "call_expression", has: { field: "function", regex: "^realloc$" } },
  },
  accept: (node) => {
    const call = node.field("right");
    return call !== null && givenTo(call)[0]?.text() === node.field("left")?.text();
  },
  bad: [{ lines: ["void f(char *p) {", "  p = realloc(p, 10);", "}"], line: 2 }],
  good: [{ lines: ["void f(char *p) {", "  char *q = realloc(p, 10);", "  if (q) p = q;", "}"] }],
};

const memsetSwapped: TreeRule = {
  kind: "tree",
  id: "c/memset-of-nothing",
  severity: "high",
  category: "correctness",
  title: "Nothing is set: the length is 0",
  why: "The second argument is the value and the third the length; here they are swapped.",
  languages: both,
  find: { kind: "call_expression", has: { field: "function", regex: "^(std::)?memset$" } },
  accept: (node) => {
    const [, value, length] = givenTo(node);
    return length?.text() === "0" && value?.text() !== "0";
  },
  bad: [{ lines: ["void f(char *p) {", "  memset(p, sizeof(struct cart), 0);", "}"], line: 2 }],
  good: [{ lines: ["void f(char *p) {", "  memset(p, 0, sizeof(struct cart));", "}"] }],
};

const emptyIf: TreeRule = {
  kind: "tree",
  id: "c/empty-condition",
  severity: "high",
  category: "correctness",
  title: "A semicolon ends the condition before its block",
  why: "The block below runs whatever the condition says. Remove the semicolon.",
  languages: both,
  find: { kind: "if_statement", has: { field: "consequence", kind: "expression_statement", regex: "^;$" } },
  accept: (node) =>
    node.field("alternative") === null && kindOf(node.next() ?? node) === "compound_statement",
  bad: [{ lines: ["void f(int a) {", "  if (a > 1);", "  {", "    g();", "  }", "}"], line: 2 }],
  good: [{ lines: ["void f(int a) {", "  if (a > 1) {", "    g();", "  }", "}"] }],
};

const assignmentAsCondition: TreeRule = {
  kind: "tree",
  id: "c/assignment-in-condition",
  severity: "high",
  category: "correctness",
  title: "The condition assigns a constant",
  why: "It is always the same, and the variable is overwritten. Compare with `==`.",
  languages: both,
  find: {
    kind: "assignment_expression",
    all: [
      { has: { field: "operator", regex: "^=$" } },
      { has: { field: "right", regex: "^(-?\\d+|NULL|nullptr|true|false|'.'|[A-Z][A-Z0-9]*_[A-Z0-9_]+)$" } },
    ],
    inside: {
      not: { kind: "expression_statement" },
      inside: { any: [{ kind: "if_statement" }, { kind: "while_statement" }] },
    },
  },
  bad: [{ lines: ["void f(int a) {", "  if (a = 1) {", "    g();", "  }", "}"], line: 2 }],
  good: [
    { lines: ["void f(int a) {", "  if (a == 1) {", "    g();", "  }", "  while ((a = next())) g();", "}"] },
  ],
};

const negatedComparison: TreeRule = {
  kind: "tree",
  id: "c/negation-before-comparison",
  severity: "high",
  category: "correctness",
  title: "The negation is for the left side alone, not for the comparison",
  why: "`!a == b` compares 0 or 1 with `b`. Write `a != b` or `!(a == b)`.",
  languages: both,
  find: {
    kind: "binary_expression",
    all: [
      { has: { field: "operator", regex: "^(<|>|<=|>=|&)$" } },
      { has: { field: "left", kind: "unary_expression", regex: "^!\\w" } },
      { has: { field: "right", regex: "^(\\d+|[A-Z][A-Z0-9_]{2,})$" } },
    ],
  },
  bad: [{ lines: ["int f(int flags) {", "  return !flags & CART_OPEN;", "}"], line: 2 }],
  good: [{ lines: ["int f(int flags) {", "  return !(flags & CART_OPEN) && !a == !b;", "}"] }],
};

const addressOfLocal: TreeRule = {
  kind: "tree",
  id: "c/address-of-local",
  severity: "high",
  category: "correctness",
  title: "The address of a local variable is returned",
  why: "The variable is gone when the function returns: what is read there later is something else. Let the caller pass the memory, or allocate it.",
  languages: both,
  find: { kind: "return_statement", has: { kind: "pointer_expression", regex: "^&\\s*\\w+$" } },
  accept: (node) => {
    const name = /&\s*(\w+)/.exec(node.text())?.[1] ?? "";
    const body = findAncestor(node, ["function_definition"], ["lambda_expression"])?.field("body");
    const declared = body?.findAll({ rule: { kind: "declaration" } }) ?? [];
    const plain = new RegExp(`^(?!.*\\b(static|extern|thread_local)\\b)[\\w: ]+\\s${name}\\s*(;|=|\\{)`);
    return declared.some((each) => plain.test(each.text()));
  },
  bad: [{ lines: ["int *f(void) {", "  int total = 1;", "  return &total;", "}"], line: 3 }],
  good: [
    {
      lines: ["int *f(struct cart *c) {", "  static int total = 1;", "  return c ? &c->total : &total;", "}"],
    },
  ],
};

const guessableName: TreeRule = {
  kind: "tree",
  id: "c/guessable-temporary-file",
  severity: "medium",
  category: "security",
  title: "A temporary file's name can be guessed",
  why: "Another user may put a link there between the name being made and the file being opened. Use `mkstemp`.",
  languages: both,
  paths: isNotTest,
  find: { kind: "call_expression", has: { field: "function", regex: "^(std::)?(tmpnam|tempnam|mktemp)$" } },
  bad: [{ lines: ["void f(char *t) {", "  char *name = mktemp(t);", "}"], line: 2 }],
  good: [{ lines: ["void f(char *t) {", "  int fd = mkstemp(t);", "}"] }],
};

export const cRules: readonly TreeRule[] = [
  unboundedInput,
  formatFromValue,
  reallocIntoItself,
  memsetSwapped,
  emptyIf,
  assignmentAsCondition,
  negatedComparison,
  addressOfLocal,
  guessableName,
];
