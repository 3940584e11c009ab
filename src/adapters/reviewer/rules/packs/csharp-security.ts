/** Rules for C# that hands control or secrets to others. */
import { spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutSql, aboutTls } from "../shared-heads.ts";
import { isSqlWithValues } from "../sql-text.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "csharp/sql-from-values",
  languages: ["csharp"],
  find: {
    any: [
      {
        kind: "object_creation_expression",
        has: { field: "type", regex: "^(Sql|Npgsql|MySql|Sqlite|SQLite|OleDb|Oracle|Odbc)Command$" },
      },
      {
        kind: "invocation_expression",
        has: {
          field: "function",
          regex:
            "\\.(FromSqlRaw|ExecuteSqlRaw|ExecuteSqlRawAsync|SqlQueryRaw|Query|QueryAsync|Execute|ExecuteAsync)(<\\w+>)?$",
        },
      },
    ],
  },
  bad: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    var c = new SqlCommand($\"SELECT * FROM carts WHERE name = '{name}'\", db);",
        "  }",
        "}",
      ],
      line: 3,
    },
    {
      lines: [
        "class A {",
        "  void F() {",
        '    db.ExecuteSqlRaw("DELETE FROM carts WHERE id = " + id);',
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  void F() {",
        '    var c = new SqlCommand("SELECT * FROM carts WHERE name = @name", db);',
        '    db.Carts.FromSqlInterpolated($"SELECT * FROM carts WHERE name = {name}");',
        "  }",
        "}",
      ],
    },
  ],
};

const commandText: TreeRule = {
  ...aboutSql,
  id: "csharp/command-text-from-values",
  languages: ["csharp"],
  find: { kind: "assignment_expression", has: { field: "left", regex: "\\.CommandText$" } },
  accept: (node) => isSqlWithValues(node.field("right") ?? undefined),
  spot: (node) => spotOf(node.field("right") ?? node),
  bad: [
    {
      lines: [
        "class A {",
        "  void F() {",
        '    c.CommandText = "SELECT * FROM carts WHERE name = \'" + name + "\'";',
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  void F() {",
        '    c.CommandText = "SELECT * FROM carts WHERE name = @name";',
        "  }",
        "}",
      ],
    },
  ],
};

const unsafeDeserialization: TreeRule = {
  kind: "tree",
  id: "csharp/unsafe-deserialization",
  severity: "high",
  category: "security",
  title: "Objects of any type are made from data",
  why: "Data that names a type makes an object of it, and code runs while it is made. Use `System.Text.Json`, or a binder that allows the expected types.",
  languages: ["csharp"],
  paths: isNotTest,
  find: {
    any: [
      {
        kind: "object_creation_expression",
        has: {
          field: "type",
          regex:
            "^(BinaryFormatter|SoapFormatter|NetDataContractSerializer|LosFormatter|ObjectStateFormatter)$",
        },
      },
      { kind: "member_access_expression", regex: "^TypeNameHandling\\.(All|Auto|Objects|Arrays)$" },
    ],
  },
  accept: (_, { text }) => !/SerializationBinder|\bBinder\s*=/.test(text),
  bad: [
    { lines: ["class A {", "  object F(Stream s) => new BinaryFormatter().Deserialize(s);", "}"], line: 2 },
    {
      lines: [
        "class A {",
        "  void F() {",
        "    settings.TypeNameHandling = TypeNameHandling.All;",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    settings.TypeNameHandling = TypeNameHandling.None;",
        "  }",
        "}",
      ],
    },
  ],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "csharp/tls-verify-off",
  languages: ["csharp"],
  find: {
    any: [
      { kind: "member_access_expression", regex: "\\bDangerousAcceptAnyServerCertificateValidator$" },
      {
        kind: "assignment_expression",
        all: [
          { has: { field: "left", regex: "ServerCertificate(Custom)?ValidationCallback$" } },
          { has: { field: "right", regex: "=>\\s*(true|\\{\\s*return true;\\s*\\})$" } },
        ],
      },
    ],
  },
  bad: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    handler.ServerCertificateCustomValidationCallback = (a, b, c, d) => true;",
        "  }",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "class A {",
        "  void F() {",
        "    handler.ServerCertificateCustomValidationCallback = Validate;",
        "  }",
        "}",
      ],
    },
  ],
};

export const csharpSecurityRules: readonly TreeRule[] = [
  sqlFromValues,
  commandText,
  unsafeDeserialization,
  tlsVerifyOff,
];
