/** Rules for Java. */
import { builtString } from "../built-string.ts";
import { argumentsOf, kindOf, replaceNode, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isSqlWithValues } from "../sql-text.ts";

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
    const type = caught?.text() ?? "";
    return (
      !/ignore|expected|unused|^_$/i.test(name) &&
      !/InterruptedException|NotFoundException|NumberFormatException/.test(type)
    );
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
        "    try { save(); } catch (IOException e) { /* best effort */ }",
        "  }",
        "}",
      ],
    },
  ],
};

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

const sqlFromValues: TreeRule = {
  kind: "tree",
  id: "java/sql-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into an SQL statement as text",
  why: "A quote in the value changes the statement: it can read or delete what it should not. Use a prepared statement with a parameter for each value.",
  languages: ["java"],
  paths: isNotTest,
  find: {
    kind: "method_invocation",
    has: {
      field: "name",
      regex:
        "^(execute|executeQuery|executeUpdate|prepareStatement|createQuery|createNativeQuery|query|queryForObject|queryForList|update|addBatch)$",
    },
  },
  accept: (node) => isSqlWithValues(argumentsOf(node)[0]),
  spot: (node) => spotOf(argumentsOf(node)[0] ?? node),
  bad: [
    {
      lines: [
        "class Cart {",
        "  void f(String name) {",
        '    statement.executeQuery("SELECT * FROM users WHERE name = \'" + name + "\'");',
        "  }",
        "}",
      ],
      line: 3,
    },
    {
      lines: [
        "class Cart {",
        "  void f(String id) {",
        "    jdbc.update(String.format(\"DELETE FROM carts WHERE id = '%s'\", id));",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        "  void f(String name) {",
        '    connection.prepareStatement("SELECT * FROM users WHERE name = ?");',
        '    statement.execute("SELECT * FROM " + TABLE + " WHERE a = 1");',
        '    jdbc.update("SELECT a "',
        '        + "FROM b WHERE c = ?", name);',
        "  }",
        "}",
      ],
    },
  ],
};

const shellCommand: TreeRule = {
  kind: "tree",
  id: "java/command-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into a command line as text",
  why: "`exec(String)` splits the line at spaces, so a value with a space in it becomes further arguments. Use `ProcessBuilder` with the arguments apart.",
  languages: ["java"],
  paths: isNotTest,
  find: {
    kind: "method_invocation",
    has: { field: "name", regex: "^exec$" },
    regex: "^(Runtime\\.getRuntime\\(\\)|runtime|rt)\\s*\\.exec",
  },
  accept: (node) => Boolean(builtString(argumentsOf(node)[0] ?? node)?.values.length),
  bad: [
    {
      lines: [
        "class Cart {",
        "  void f(String file) {",
        '    Runtime.getRuntime().exec("convert " + file);',
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        "  void f(String file) {",
        '    new ProcessBuilder("convert", file).start();',
        '    Runtime.getRuntime().exec("ls");',
        "  }",
        "}",
      ],
    },
  ],
};

const trustEverything: TreeRule = {
  kind: "tree",
  id: "java/tls-verify-off",
  severity: "high",
  category: "security",
  title: "TLS certificates are not checked",
  why: "Anyone between the two ends can read and change what is sent. Load the authority to trust into a `TrustManagerFactory` instead.",
  languages: ["java"],
  paths: isNotTest,
  find: {
    any: [
      {
        kind: "method_declaration",
        all: [
          { has: { field: "name", regex: "^checkServerTrusted$" } },
          { has: { field: "body", regex: "^\\{\\s*\\}$" } },
        ],
      },
      {
        kind: "method_invocation",
        regex: "etHostnameVerifier\\(\\s*(NoopHostnameVerifier\\.INSTANCE|\\(\\w+, \\w+\\) -> true)\\s*\\)$",
      },
    ],
  },
  spot: (node) => spotOf(node.field("name") ?? node),
  bad: [
    {
      lines: [
        "class TrustAll implements X509TrustManager {",
        "  public void checkServerTrusted(X509Certificate[] c, String a) {}",
        "}",
      ],
      line: 2,
    },
    {
      lines: [
        "class Client {",
        "  void f() {",
        "    connection.setHostnameVerifier((host, session) -> true);",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class Trust {",
        "  public void checkServerTrusted(X509Certificate[] c, String a) { next.checkServerTrusted(c, a); }",
        "  public void checkClientTrusted(X509Certificate[] c, String a) {}",
        "}",
      ],
    },
  ],
};

const javaDeserialization: TreeRule = {
  kind: "tree",
  id: "java/object-deserialization",
  severity: "medium",
  category: "security",
  title: "Java objects are read from a stream without a filter",
  why: "Reading an object runs code of any class on the class path that the stream names, before a cast can refuse it. Use a data format (JSON), or set an `ObjectInputFilter` that allows the expected classes.",
  languages: ["java"],
  paths: isNotTest,
  find: {
    kind: "object_creation_expression",
    has: { field: "type", regex: "^(java\\.io\\.)?ObjectInputStream$" },
  },
  accept: (_, file) =>
    !/ObjectInputFilter|setObjectInputFilter|resolveClass/.test(file.text) &&
    !/ByteArrayOutputStream/.test(file.text),
  bad: [
    {
      lines: [
        "class Cart {",
        "  Object f(InputStream in) throws Exception {",
        "    return new ObjectInputStream(in).readObject();",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class Cart {",
        "  Object f(InputStream in) throws Exception {",
        "    var objects = new ObjectInputStream(in);",
        "    objects.setObjectInputFilter(filter);",
        "    return objects.readObject();",
        "  }",
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
  sqlFromValues,
  shellCommand,
  trustEverything,
  javaDeserialization,
];
