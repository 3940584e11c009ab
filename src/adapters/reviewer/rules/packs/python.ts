/** Rules for mistakes in Python; security is in python-security.ts. */
import type { SgNode } from "@ast-grep/napi";
import { findAncestor, replaceNode, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const mutableDefault: TreeRule = {
  kind: "tree",
  id: "python/mutable-default",
  severity: "high",
  category: "correctness",
  title: "A default value is changed and shared between calls",
  why: "A default is made once, when the function is defined. What one call puts into it, the next call finds there. Use `None` as the default and make the value inside the function.",
  languages: ["python"],
  find: {
    any: [{ kind: "default_parameter" }, { kind: "typed_default_parameter" }],
    has: {
      field: "value",
      regex: "^(\\[\\s*\\]|\\{\\s*\\}|(list|dict|set)\\(\\))$",
    },
  },
  accept: (node) => {
    const name = node.field("name")?.text() ?? "";
    const owner = findAncestor(node, ["function_definition"], ["lambda"]);
    // A leading underscore is how a cache on purpose is marked.
    return !name.startsWith("_") && isKeptOrChanged(name, owner?.field("body") ?? null);
  },
  bad: [
    { lines: ["def add(item, cart=[]):", "    cart.append(item)", "    return cart"], line: 1 },
    {
      lines: [
        "class A:",
        "    def __init__(",
        "        self,",
        "        tags: dict = {},",
        "    ):",
        "        self.tags = tags",
      ],
      line: 4,
    },
  ],
  good: [
    { lines: ["def total(prices=()):", "    return sum(prices)"] },
    { lines: ["def total(prices=[]):", "    return sum(prices)"] },
    { lines: ["def total(n, _cache={}):", "    _cache[n] = n + 1"] },
    { lines: ["def count(seen=[0]):", "    seen[0] += 1"] },
    { lines: ["def add(item, cart=None):", "    cart = cart or []", "    cart.append(item)"] },
  ],
};

/** Only then does it matter that every call gets the same one. */
function isKeptOrChanged(name: string, body: SgNode | null): boolean {
  if (!body || body.find({ rule: { kind: "assignment", has: { field: "left", regex: `^${name}$` } } }))
    return false;
  const changes = [
    {
      kind: "call",
      has: {
        field: "function",
        regex: `^${name}\\.(append|extend|insert|add|update|setdefault|pop|remove|clear|sort)$`,
      },
    },
    {
      any: [{ kind: "assignment" }, { kind: "augmented_assignment" }],
      has: { field: "left", regex: `^${name}(\\[|$)` },
    },
    { kind: "assignment", has: { field: "right", regex: `^${name}$` }, regex: "^self\\." },
    { kind: "return_statement", regex: `^return\\s+${name}$` },
    { kind: "delete_statement", regex: `^del\\s+${name}\\[` },
  ];
  return body.find({ rule: { any: changes } }) !== null;
}

const swallowedException: TreeRule = {
  kind: "tree",
  id: "python/swallowed-exception",
  severity: "medium",
  category: "correctness",
  title: "Every exception is caught and dropped",
  paths: isNotTest,
  why: "A bare `except` also catches `KeyboardInterrupt` and `SystemExit`, and dropping it hides every bug in the block, a misspelt name too. Catch the exceptions that are expected here.",
  languages: ["python"],
  find: {
    kind: "except_clause",
    regex: "^except(\\s+BaseException)?\\s*:\\s*(#[^\\n]*\\n\\s*)?(pass|\\.\\.\\.|continue)\\s*$",
  },
  spot: (node) => ({ start: spotOf(node).start, end: spotOf(node).start + "except".length }),
  bad: [{ lines: ["try:", "    load()", "except:", "    pass"], line: 3 }],
  good: [
    { lines: ["try:", "    load()", "except FileNotFoundError:", "    pass"] },
    { lines: ["try:", "    load()", "except:", "    undo()", "    raise"] },
  ],
};

const compareWithNone: TreeRule = {
  kind: "tree",
  id: "python/compare-with-none",
  severity: "low",
  category: "maintainability",
  title: "None is compared with == instead of is",
  why: "`==` asks the object, and an `__eq__` may answer anything (NumPy and SQLAlchemy build arrays and clauses). There is one `None`: compare identity.",
  languages: ["python"],
  find: {
    kind: "comparison_operator",
    regex: "[=!]=\\s*None$",
    inside: {
      stopBy: {
        not: {
          any: [{ kind: "boolean_operator" }, { kind: "not_operator" }, { kind: "parenthesized_expression" }],
        },
      },
      any: [
        { kind: "if_statement" },
        { kind: "elif_clause" },
        { kind: "while_statement" },
        { kind: "assert_statement" },
        { kind: "conditional_expression" },
      ],
    },
  },
  accept: (node) => node.children().length === 3,
  fix: (node) => replaceNode(node.child(1), node.child(1)?.text() === "==" ? "is" : "is not"),
  bad: [
    { lines: ["if user == None:", "    login()"], line: 1, fixed: ["if user is None:", "    login()"] },
    { lines: ["x = 1 if a and b != None else 2"], line: 1, fixed: ["x = 1 if a and b is not None else 2"] },
  ],
  good: [{ lines: ["if user is None:", "    login()", "rows = query.filter(User.email == None)"] }],
};

const compareWithLiteral: TreeRule = {
  kind: "tree",
  id: "python/is-with-literal",
  severity: "high",
  category: "correctness",
  title: "Identity is compared with a literal",
  why: "Whether two equal strings or numbers are the same object depends on the interpreter: the result can differ from run to run, and Python warns about it. Compare with `==`.",
  languages: ["python"],
  find: {
    kind: "comparison_operator",
    any: [{ regex: "\\bis\\s+(not\\s+)?[\"'][^\"']*[\"']$" }, { regex: "\\bis\\s+(not\\s+)?-?\\d+$" }],
  },
  accept: (node) => node.children().length === 3,
  fix: (node) => replaceNode(node.child(1), node.child(1)?.text().endsWith("not") ? "!=" : "=="),
  bad: [
    { lines: ["if state is 'done':", "    stop()"], line: 1, fixed: ["if state == 'done':", "    stop()"] },
    { lines: ["ok = n is not 0"], line: 1, fixed: ["ok = n != 0"] },
  ],
  good: [{ lines: ["if state is None or flag is True:", "    stop()", "same = a is b"] }],
};

const assertTuple: TreeRule = {
  kind: "tree",
  id: "python/assert-tuple",
  severity: "high",
  category: "correctness",
  title: "The assertion tests a tuple, which is always true",
  why: "The parentheses make condition and message one tuple, and a tuple that is not empty is true: the assertion never fails. Remove the parentheses.",
  languages: ["python"],
  find: { kind: "assert_statement" },
  accept: (node) => {
    const [tested, message] = node.namedChildren();
    return message === undefined && tested?.is("tuple") === true && tested.namedChildren().length > 0;
  },
  fix: (node) => {
    const [tuple] = node.namedChildren();
    const parts = tuple?.namedChildren() ?? [];
    const oneLine = tuple && !tuple.text().includes("\n") && parts.length === 2;
    return oneLine ? replaceNode(tuple, parts.map((part) => part.text()).join(", ")) : null;
  },
  bad: [{ lines: ["assert (total > 0, 'empty cart')"], line: 1, fixed: ["assert total > 0, 'empty cart'"] }],
  good: [
    { lines: ["assert total > 0, 'empty cart'", "assert (total > 0), 'empty'", "assert (a, b) == (1, 2)"] },
  ],
};

const leftBreakpoint: TreeRule = {
  kind: "tree",
  id: "python/breakpoint",
  severity: "medium",
  category: "correctness",
  title: "A breakpoint was left in",
  why: "The program stops here and waits for a debugger on its standard input; a server hangs.",
  languages: ["python"],
  find: {
    any: [
      { pattern: "breakpoint()" },
      { pattern: "pdb.set_trace()" },
      { pattern: "ipdb.set_trace()" },
      { pattern: "pudb.set_trace()" },
    ],
  },
  bad: [{ lines: ["def add(a, b):", "    breakpoint()", "    return a + b"], line: 2 }],
  good: [{ lines: ["debugger.breakpoint(line=3)", "# breakpoint()"] }],
};

export const pythonRules: readonly TreeRule[] = [
  mutableDefault,
  swallowedException,
  compareWithNone,
  compareWithLiteral,
  assertTuple,
  leftBreakpoint,
];
