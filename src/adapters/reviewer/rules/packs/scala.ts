/** Rules for Scala. */
import { findAncestor, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutSql, hasValues } from "../shared-heads.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "scala/sql-from-values",
  languages: ["scala"],
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex: "(^|\\.)(executeQuery|executeUpdate|execute|prepareStatement|SQL|sql)$",
    },
  },
  accept: (node, file) => aboutSql.accept(node) && !/org\.apache\.spark/.test(file.text),
  bad: [
    {
      lines: ["object A {", "  statement.executeQuery(s\"SELECT * FROM carts WHERE name = '$name'\")", "}"],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "object A {",
        '  connection.prepareStatement("SELECT * FROM carts WHERE name = ?")',
        '  val q = sql"SELECT * FROM carts WHERE name = $name"',
        '  statement.executeQuery(s"SELECT * FROM $tableName")',
        "}",
      ],
    },
  ],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "scala/command-from-values",
  title: "A value is put into a command line as text",
  why: 'The line is split at spaces, so a value with a space in it becomes further arguments. Use a sequence: `Seq("git", "checkout", branch).!`.',
  languages: ["scala"],
  find: { kind: "field_expression", regex: '^(s"|")[^\\n]*\\.(!|!!)$' },
  accept: (node) => hasValues(node.child(0) ?? undefined),
  bad: [{ lines: ["object A {", '  val log = s"git log $branch".!!', "}"], line: 2 }],
  good: [{ lines: ["object A {", '  val log = Seq("git", "log", branch).!!', '  val files = "ls".!!', "}"] }],
};

const waitForever: TreeRule = {
  kind: "tree",
  id: "scala/await-forever",
  severity: "medium",
  category: "correctness",
  title: "The thread waits for a future without a limit",
  why: "When the future never ends, neither does this, and its thread is lost. Give a duration, or go on in the future itself.",
  languages: ["scala"],
  paths: isNotTest,
  find: {
    kind: "call_expression",
    regex:
      "^Await\\.(result|ready)\\([\\s\\S]*,\\s*(scala\\.concurrent\\.duration\\.)?Duration\\.Inf\\s*\\)$",
  },
  accept: (node) => /^Await\.(result|ready)$/.test(node.field("function")?.text() ?? ""),
  bad: [{ lines: ["object A {", "  val cart = Await.result(load(), Duration.Inf)", "}"], line: 2 }],
  good: [{ lines: ["object A {", "  val cart = Await.result(load(), 5.seconds)", "}"] }],
};

const catchEverything: TreeRule = {
  kind: "tree",
  id: "scala/catch-throwable",
  severity: "medium",
  category: "correctness",
  title: "Fatal errors and control flow are caught too",
  why: "Out of memory, interrupts and what `breakable` throws end up here. Match `NonFatal(e)`.",
  languages: ["scala"],
  paths: isNotTest,
  find: { kind: "case_clause", regex: "^case\\s+(_|\\w+\\s*:\\s*Throwable)\\s*=>" },
  accept: (node) =>
    findAncestor(node, ["catch_clause"], ["match_expression", "function_definition"]) !== null &&
    node.parent()?.parent()?.is("catch_clause") === true &&
    !/\bthrow\b|promise|tryFailure|\.failure\(|Failure\(|Left\(/i.test(node.text()),
  spot: (node) => ({ start: spotOf(node).start, end: spotOf(node).start + "case".length }),
  bad: [
    { lines: ["object A {", "  try g() catch {", "    case e: Throwable => log(e)", "  }", "}"], line: 3 },
  ],
  good: [
    {
      lines: [
        "object A {",
        "  try g() catch {",
        "    case NonFatal(e) => log(e)",
        "  }",
        "  a match { case _ => 1 }",
        "}",
      ],
    },
  ],
};

const unfinished: TreeRule = {
  kind: "tree",
  id: "scala/unfinished",
  severity: "medium",
  category: "correctness",
  title: "This throws when it is reached",
  why: "`???` stands for code that is still to be written. Write it, or return an error.",
  languages: ["scala"],
  paths: isNotTest,
  find: { kind: "operator_identifier", regex: "^\\?\\?\\?$" },
  bad: [{ lines: ["object A {", "  def total: Int = ???", "}"], line: 2 }],
  good: [{ lines: ["object A {", '  def total: String = "???"', "}"] }],
};

export const scalaRules: readonly TreeRule[] = [
  sqlFromValues,
  commandFromValues,
  waitForever,
  catchEverything,
  unfinished,
];
