/** Rules for Go that hands control or secrets to others. */
import { builtString } from "../built-string.ts";
import { argumentsOf, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isSqlWithValues } from "../sql-text.ts";

const tlsVerifyOff: TreeRule = {
  kind: "tree",
  id: "go/tls-verify-off",
  severity: "high",
  category: "security",
  title: "TLS certificates are not checked",
  why: "Anyone between the two ends can read and change what is sent. Put the authority to trust into `RootCAs` instead.",
  languages: ["go"],
  paths: isNotTest,
  find: {
    any: [
      { kind: "keyed_element", regex: "^InsecureSkipVerify:\\s*true$" },
      { kind: "assignment_statement", regex: "\\.InsecureSkipVerify\\s*=\\s*true$" },
    ],
  },
  accept: (_, file) => !/VerifyPeerCertificate|VerifyConnection/.test(file.text),
  bad: [
    { lines: ["package cart", "var config = &tls.Config{", "\tInsecureSkipVerify: true,", "}"], line: 3 },
  ],
  good: [
    { lines: ["package cart", "var config = &tls.Config{InsecureSkipVerify: *insecure, RootCAs: pool}"] },
    {
      lines: ["package cart", "var config = &tls.Config{InsecureSkipVerify: true, VerifyConnection: verify}"],
    },
  ],
};

const sqlFromValues: TreeRule = {
  kind: "tree",
  id: "go/sql-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into an SQL statement as text",
  why: "A quote in the value changes the statement: it can read or delete what it should not. Pass the value as a parameter (`$1`, `?`) and let the driver keep it apart.",
  languages: ["go"],
  paths: isNotTest,
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex: "\\.(Query|QueryRow|Exec|Prepare|Get|Select|NamedExec|NamedQuery|Raw)(Context|x)?$",
    },
  },
  accept: (node) => argumentsOf(node).slice(0, 3).some(isSqlWithValues),
  spot: (node) => spotOf(argumentsOf(node).find(isSqlWithValues) ?? node),
  bad: [
    {
      lines: [
        "package cart",
        "func f() {",
        '\tdb.Query("SELECT * FROM users WHERE name = \'" + name + "\'")',
        "}",
      ],
      line: 3,
    },
    {
      lines: [
        "package cart",
        "func f() {",
        "\tdb.ExecContext(ctx, fmt.Sprintf(`DELETE FROM carts WHERE id = '%s'`, id))",
        "}",
      ],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "package cart",
        "func f() {",
        '\tdb.Query("SELECT * FROM users WHERE name = $1", name)',
        '\tdb.Query(fmt.Sprintf("SELECT * FROM carts LIMIT %d", limit))',
        '\tdb.Query(fmt.Sprintf("SELECT * FROM %s WHERE a = $1", tableName), a)',
        '\tcache.Get("select " + name)',
        "}",
      ],
    },
  ],
};

const shellCommand: TreeRule = {
  kind: "tree",
  id: "go/shell-command-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into a shell command as text",
  why: 'The shell reads the value as part of the command: `; rm -rf ~` in it runs. Call the program itself with its arguments apart: `exec.Command("git", "checkout", branch)`.',
  languages: ["go"],
  paths: isNotTest,
  find: { kind: "call_expression", has: { field: "function", regex: "^exec\\.Command(Context)?$" } },
  accept: (node) => {
    const given = argumentsOf(node);
    const flag = given.findIndex((each) => each.text() === '"-c"');
    const command = given[flag + 1];
    const inShell = flag > 0 && /^"(\/(usr\/)?bin\/)?(ba|z|da)?sh"$/.test(given[flag - 1]?.text() ?? "");
    return Boolean(inShell && command && builtString(command)?.values.length);
  },
  bad: [
    {
      lines: ["package cart", "func f() {", '\texec.Command("sh", "-c", "git checkout "+branch).Run()', "}"],
      line: 3,
    },
  ],
  good: [
    {
      lines: [
        "package cart",
        "func f() {",
        '\texec.Command("git", "checkout", branch).Run()',
        '\texec.Command("sh", "-c", "ls | wc -l").Run()',
        "}",
      ],
    },
  ],
};

export const goSecurityRules: readonly TreeRule[] = [tlsVerifyOff, sqlFromValues, shellCommand];
