/** Rules for Java that hands control or secrets to others. */
import { builtString } from "../built-string.ts";
import { argumentsOf, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isSqlWithValues } from "../sql-text.ts";

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

const tlsVerifyOff: TreeRule = {
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

const objectDeserialization: TreeRule = {
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

export const javaSecurityRules: readonly TreeRule[] = [
  sqlFromValues,
  shellCommand,
  tlsVerifyOff,
  objectDeserialization,
];
