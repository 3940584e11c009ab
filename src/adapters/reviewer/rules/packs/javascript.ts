/** Rules for mistakes in JavaScript and TypeScript; security is in javascript-security.ts. */
import { scriptLanguages } from "../language.ts";
import { argumentsOf, kindOf, replaceNode, spotOf } from "../nodes.ts";
import { isTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";

const focusedTest: TreeRule = {
  kind: "tree",
  id: "javascript/focused-test",
  severity: "high",
  category: "correctness",
  title: "Only this test runs: it is focused",
  why: "A focused test makes the runner skip every other one in the file (in some runners in the whole suite), and the run still passes. It is meant for a local run; remove the focus before merging.",
  languages: scriptLanguages,
  paths: isTest,
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex: "^((describe|context|suite|it|test|specify)\\.only|fdescribe|fcontext|fit)(\\.each)?$",
    },
  },
  accept: (node) =>
    argumentsOf(node)[0]?.matches({
      rule: { any: ["string", "template_string", "array"].map((kind) => ({ kind })) },
    }) ?? false,
  spot: (node) => spotOf(node.field("function") ?? node),
  fix: (node) => {
    const called = node.field("function");
    return replaceNode(called, called?.text().replace(".only", "").replace(/^f/, "") ?? "");
  },
  bad: [
    {
      path: "src/cart.test.ts",
      lines: ["describe('cart', () => {", "  it.only('adds', () => {", "    add();", "  });", "});"],
      line: 2,
      fixed: ["describe('cart', () => {", "  it('adds', () => {", "    add();", "  });", "});"],
    },
    { path: "test/a.js", lines: ["fdescribe('a', run);"], line: 1, fixed: ["describe('a', run);"] },
    {
      path: "a.spec.ts",
      lines: ["test.only.each([1, 2])('n', run);"],
      line: 1,
      fixed: ["test.each([1, 2])('n', run);"],
    },
  ],
  good: [
    { path: "src/cart.test.ts", lines: ["it('adds', add);", "model.fit(data);", "fit(curve, points);"] },
    { path: "src/curve.ts", lines: ["fit('cubic', points);"] },
  ],
};

const debuggerStatement: TreeRule = {
  kind: "tree",
  id: "javascript/debugger",
  severity: "medium",
  category: "correctness",
  title: "A debugger statement was left in",
  why: "With developer tools or an inspector attached, execution stops here.",
  languages: scriptLanguages,
  find: { kind: "debugger_statement" },
  bad: [{ lines: ["function add(a, b) {", "  debugger;", "  return a + b;", "}"], line: 2 }],
  good: [{ lines: ["const debugger_ = createDebugger();", "// debugger;"] }],
};

const asyncForEach: TreeRule = {
  kind: "tree",
  id: "javascript/async-for-each",
  severity: "medium",
  category: "correctness",
  title: "forEach does not wait for an async callback",
  why: "`forEach` drops the promises its callback returns: the code below runs before the work is done, and a rejection is unhandled. Use `for (const x of xs) await …`, or `await Promise.all(xs.map(async (x) => …))`.",
  languages: scriptLanguages,
  find: {
    kind: "call_expression",
    has: { field: "function", kind: "member_expression", has: { field: "property", regex: "^forEach$" } },
  },
  accept: (node) => {
    const callback = argumentsOf(node)[0];
    return /^async\b/.test(callback?.text() ?? "") && callback?.find("await $_") !== null;
  },
  spot: (node) => {
    const property = node.field("function")?.field("property") ?? node;
    const callback = argumentsOf(node)[0] ?? node;
    return { start: spotOf(property).start, end: spotOf(callback).start + "async".length };
  },
  bad: [{ lines: ["users.forEach(async (user) => {", "  await save(user);", "});"], line: 1 }],
  good: [
    {
      lines: [
        "users.forEach((user) => save(user));",
        "await Promise.all(users.map(async (user) => await save(user)));",
      ],
    },
  ],
};

const compareWithNan: TreeRule = {
  kind: "tree",
  id: "javascript/compare-with-nan",
  severity: "high",
  category: "correctness",
  title: "Nothing equals NaN, not even NaN",
  why: "A comparison with `NaN` always gives the same answer, so one branch is dead. Use `Number.isNaN(x)`.",
  languages: scriptLanguages,
  find: { kind: "binary_expression", regex: "^(Number\\.)?NaN\\s*[=!]==?|[=!]==?\\s*(Number\\.)?NaN$" },
  accept: (node) =>
    [node.field("left"), node.field("right")].some((side) => /^(Number\.)?NaN$/.test(side?.text() ?? "")),
  fix: (node) => {
    const [left, right] = [node.field("left")?.text() ?? "", node.field("right")?.text() ?? ""];
    const value = /^(Number\.)?NaN$/.test(left) ? right : left;
    return replaceNode(
      node,
      `${node.field("operator")?.text().startsWith("!") ? "!" : ""}Number.isNaN(${value})`,
    );
  },
  bad: [{ lines: ["if (total === NaN) reset();"], line: 1, fixed: ["if (Number.isNaN(total)) reset();"] }],
  good: [{ lines: ["if (Number.isNaN(total)) reset();", "const a = b === c.NaN_COUNT;"] }],
};

const assignmentInCondition: TreeRule = {
  kind: "tree",
  id: "javascript/assignment-in-condition",
  severity: "high",
  category: "correctness",
  title: "The condition assigns a constant instead of comparing",
  why: "The condition always has the assigned value's truth, and the variable is overwritten. `===` was probably meant.",
  languages: scriptLanguages,
  find: {
    kind: "assignment_expression",
    inside: {
      kind: "parenthesized_expression",
      inside: { any: [{ kind: "if_statement" }, { kind: "while_statement" }] },
    },
  },
  accept: (node) => /^(number|string|true|false|null|undefined)$/.test(kindOf(node.field("right") ?? node)),
  bad: [{ lines: ["if (state = 'done') {", "  stop();", "}"], line: 1 }],
  good: [
    {
      lines: [
        "if ((match = pattern.exec(text))) use(match);",
        "while (node = node.next) visit(node);",
        "if (state === 'done') stop();",
      ],
    },
  ],
};

const mapParseInt: TreeRule = {
  kind: "tree",
  id: "javascript/map-parse-int",
  severity: "high",
  category: "correctness",
  title: "map(parseInt) takes the index for the radix",
  why: "`map` passes the index as second argument and `parseInt` reads it as the number's base: `['1', '2', '3'].map(parseInt)` is `[1, NaN, NaN]`.",
  languages: scriptLanguages,
  find: { any: [{ pattern: "$LIST.map(parseInt)" }, { pattern: "$LIST.map(Number.parseInt)" }] },
  fix: (node) => replaceNode(argumentsOf(node)[0] ?? null, "(text) => Number.parseInt(text, 10)"),
  bad: [
    {
      lines: ["const ids = text.split(',').map(parseInt);"],
      line: 1,
      fixed: ["const ids = text.split(',').map((text) => Number.parseInt(text, 10));"],
    },
  ],
  good: [
    { lines: ["const ids = text.split(',').map(Number);", "const a = xs.map((x) => parseInt(x, 10));"] },
  ],
};

const asyncPromiseExecutor: TreeRule = {
  kind: "tree",
  id: "javascript/async-promise-executor",
  severity: "medium",
  category: "correctness",
  title: "What an async promise executor throws is lost",
  why: "The executor's own promise is ignored, so an exception in it rejects nobody and the outer promise stays pending for ever. Do the asynchronous work outside `new Promise`, or in an async function.",
  languages: scriptLanguages,
  find: { kind: "new_expression", has: { field: "constructor", regex: "^Promise$" } },
  accept: (node) => {
    const executor = argumentsOf(node)[0];
    const [first] = executor?.field("body")?.namedChildren() ?? [];
    return /^async\b/.test(executor?.text() ?? "") && !first?.is("try_statement");
  },
  spot: (node) => ({
    start: spotOf(node).start,
    end: spotOf(argumentsOf(node)[0] ?? node).start + "async".length,
  }),
  bad: [{ lines: ["return new Promise(async (resolve) => {", "  resolve(await load());", "});"], line: 1 }],
  good: [
    { lines: ["const p = new Promise((resolve) => setTimeout(resolve, 10));"] },
    {
      lines: [
        "const p = new Promise(async (resolve, reject) => {",
        "  try { resolve(await load()); } catch (error) { reject(error); }",
        "});",
      ],
    },
  ],
};

export const javascriptRules: readonly TreeRule[] = [
  focusedTest,
  debuggerStatement,
  asyncForEach,
  compareWithNan,
  assignmentInCondition,
  mapParseInt,
  asyncPromiseExecutor,
];
