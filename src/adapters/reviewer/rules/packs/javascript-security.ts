/** Rules for JavaScript and TypeScript that hand control or secrets to others. */
import type { SgNode } from "@ast-grep/napi";
import { builtString } from "../built-string.ts";
import { scriptLanguages } from "../language.ts";
import { argumentsOf, kindOf, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isSqlWithValues } from "../sql-text.ts";

const evalOfValue: TreeRule = {
  kind: "tree",
  id: "javascript/eval",
  severity: "high",
  category: "security",
  title: "Code is made from a value at run time",
  why: "Whoever can influence the value runs code with this process's rights. Look the value up in a table of functions, or parse it (`JSON.parse`).",
  languages: scriptLanguages,
  paths: isNotTest,
  find: { any: [{ pattern: "eval($CODE)" }, { pattern: "new Function($$$CODE)" }] },
  accept: (node, { text }) =>
    argumentsOf(node).some((each) => !isLiteral(each)) && !/\b(class|import)\b[^;\n]*\bFunction\b/.test(text),
  bad: [
    { lines: ["const result = eval(expression);"], line: 1 },
    { lines: ["const f = new Function('a', body);"], line: 1 },
  ],
  good: [
    { lines: ["const g = new Function('return this')();", "sandbox.eval(expression);", "eval('1 + 1');"] },
  ],
};

function isLiteral(node: SgNode): boolean {
  return (
    node.is("string") ||
    (node.is("template_string") && !node.find({ rule: { kind: "template_substitution" } }))
  );
}

const shellCommand: TreeRule = {
  kind: "tree",
  id: "javascript/shell-command-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into a shell command as text",
  why: "The shell reads the value as part of the command: `; rm -rf ~` in it runs. Use `execFile` or `spawn` with the arguments in an array, which no shell reads.",
  languages: scriptLanguages,
  paths: isNotTest,
  find: { kind: "call_expression", has: { field: "function", regex: "(^|\\.)exec(Sync)?$" } },
  accept: (node, file) => {
    const called = node.field("function")?.text() ?? "";
    if (!/["'](node:)?child_process["']/.test(file.text)) return false;
    if (!/^(exec|execSync|(child_?process|cp)\.exec(Sync)?)$/i.test(called)) return false;
    const command = argumentsOf(node)[0];
    return Boolean(command && builtString(command)?.values.length);
  },
  spot: (node) => spotOf(argumentsOf(node)[0] ?? node),
  bad: [
    {
      lines: ["import { execSync } from 'node:child_process';", "", "execSync(`git checkout ${branch}`);"],
      line: 3,
    },
    { lines: ["const cp = require('child_process');", "cp.exec('convert ' + file);"], line: 2 },
  ],
  good: [
    {
      lines: [
        "import { execSync } from 'node:child_process';",
        "execSync('git status');",
        "execSync(`npm ${FLAGS}`);",
      ],
    },
    { lines: ["import { exec } from 'node:child_process';", "const found = pattern.exec(`${a} b`);"] },
    { lines: ["db.exec(`attach ${name}`);"] },
  ],
};

const sqlFromValues: TreeRule = {
  kind: "tree",
  id: "javascript/sql-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into an SQL statement as text",
  why: "A quote in the value changes the statement: it can read or delete what it should not. Pass the value as a parameter (`$1`, `?`) and let the driver keep it apart.",
  languages: scriptLanguages,
  paths: isNotTest,
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex:
        "(?i)\\.(query|execute|exec|raw|unsafe|prepare|run|all|get|one|any|\\$(query|execute)RawUnsafe)$",
    },
  },
  accept: (node) => isSqlWithValues(argumentsOf(node)[0]),
  spot: (node) => spotOf(argumentsOf(node)[0] ?? node),
  bad: [
    { lines: ["await db.query(`SELECT * FROM users WHERE name = '${name}'`);"], line: 1 },
    { lines: ["db.execute(", "  'delete from carts where id = ' + id,", ");"], line: 2 },
  ],
  good: [
    {
      lines: [
        "await db.query('SELECT * FROM users WHERE name = $1', [name]);",
        "await db.query(`SELECT * FROM ${TABLE} WHERE a = 1`);",
        "await sql`SELECT * FROM users WHERE name = ${name}`;",
        "await db.query(`SELECT * FROM users WHERE id IN (${ids.map(() => '?').join(', ')})`, ids);",
        "await db.query(`SELECT ${columns} FROM ${tableName}`);",
        "log.get('select a file: ' + name);",
        "const held = 'a = 1';",
        "await db.query(`SELECT * FROM users WHERE ${held}`);",
      ],
    },
  ],
};

const tlsVerifyOff: TreeRule = {
  kind: "tree",
  id: "javascript/tls-verify-off",
  severity: "high",
  category: "security",
  title: "TLS certificates are not checked",
  why: "Anyone between the two ends can read and change what is sent. Give the connection the authority to trust (`ca`, `NODE_EXTRA_CA_CERTS`) instead.",
  languages: scriptLanguages,
  paths: isNotTest,
  find: {
    any: [
      { kind: "pair", regex: "^['\"]?rejectUnauthorized['\"]?\\s*:\\s*false$" },
      {
        kind: "assignment_expression",
        regex: "NODE_TLS_REJECT_UNAUTHORIZED['\"\\]]*\\s*=\\s*['\"]?0['\"]?$",
      },
    ],
  },
  bad: [
    { lines: ["const agent = new https.Agent({", "  rejectUnauthorized: false,", "});"], line: 2 },
    { lines: ["env.NODE_TLS_REJECT_UNAUTHORIZED = '0';"], line: 1 },
  ],
  good: [
    {
      lines: [
        "const agent = new https.Agent({ rejectUnauthorized: true, ca });",
        "const x = { rejectUnauthorized };",
      ],
    },
  ],
};

const weakPasswordHash: TreeRule = {
  kind: "tree",
  id: "javascript/weak-password-hash",
  severity: "high",
  category: "security",
  title: "A password is hashed with a fast hash",
  why: "MD5 and the SHA family are made to be fast: stolen hashes are guessed by the billion a second. Use a password hash (`argon2`, `scrypt`, `bcrypt`), which is slow on purpose and salted.",
  languages: scriptLanguages,
  find: { pattern: "$HASH.update($SECRET)" },
  accept: (node) =>
    /createHash\(\s*["'](md5|sha1|sha256|sha512)["']\s*\)$/.test(node.getMatch("HASH")?.text() ?? "") &&
    /^(\w+\.)*(password|passwd|passphrase|plain_?password|user_?password)$/i.test(
      node.getMatch("SECRET")?.text() ?? "",
    ),
  bad: [
    { lines: ["const hash = crypto.createHash('sha256').update(user.password).digest('hex');"], line: 1 },
  ],
  good: [
    {
      lines: [
        "const etag = crypto.createHash('sha256').update(body).digest('hex');",
        "await argon2.hash(password);",
      ],
    },
  ],
};

const insecureRandom: TreeRule = {
  kind: "tree",
  id: "javascript/insecure-random",
  severity: "high",
  category: "security",
  title: "A secret is made from Math.random",
  why: "`Math.random` can be predicted from a few of its outputs. Use `crypto.randomUUID()` or `crypto.getRandomValues()`.",
  languages: scriptLanguages,
  paths: isNotTest,
  find: { pattern: "Math.random()" },
  accept: (node) => {
    const owner = node
      .ancestors()
      .find((each) =>
        /^(variable_declarator|assignment_expression|pair|statement_block|arguments|arrow_function|jsx_expression)$/.test(
          kindOf(each),
        ),
      );
    const name = owner?.field("name") ?? owner?.field("left") ?? owner?.field("key");
    return /(password|secret|(session|auth|csrf|access|refresh|reset|api)_?(token|key|id)|nonce|salt|otp)$|^token$/i.test(
      name?.text() ?? "",
    );
  },
  bad: [{ lines: ["const sessionToken = Math.random().toString(36).slice(2);"], line: 1 }],
  good: [
    {
      lines: [
        "const jitterMs = Math.random() * 100;",
        "const token = crypto.randomUUID();",
        "const key = Math.random();",
      ],
    },
  ],
};

export const javascriptSecurityRules: readonly TreeRule[] = [
  evalOfValue,
  shellCommand,
  sqlFromValues,
  tlsVerifyOff,
  weakPasswordHash,
  insecureRandom,
];
