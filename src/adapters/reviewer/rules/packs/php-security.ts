/** Rules for PHP that hands control or secrets to others. */
import { builtString } from "../built-string.ts";
import { givenTo } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutSql, aboutTls } from "../shared-heads.ts";
import { isSqlWithValues } from "../sql-text.ts";

/** What a request sends. */
const input = "\\$_(GET|POST|REQUEST|COOKIE)\\b";

/** A member that holds a table's name, as `$wpdb->posts`, and what only joins placeholders. */
const structural =
  /^\$(this->)?\w*db->\w+$|^\$(\w*(in|where|join|orderby|limits|fields|placeholders?|ids_?sql|sql))$/i;

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "php/sql-from-values",
  languages: ["php"],
  find: {
    any: [
      {
        kind: "function_call_expression",
        has: { field: "function", regex: "^(mysqli_query|pg_query|mysql_query)$" },
      },
      {
        kind: "member_call_expression",
        has: {
          field: "name",
          regex: "^(query|exec|get_results|get_row|get_var|get_col|executeQuery|executeStatement)$",
        },
      },
    ],
  },
  accept: (node) =>
    givenTo(node)
      .slice(0, 2)
      .some(
        (each) =>
          isSqlWithValues(each) && builtString(each)?.values.some((value) => !structural.test(value.text())),
      ),
  bad: [
    { lines: ["<?php", "$rows = $pdo->query(\"SELECT * FROM carts WHERE name = '$name'\");"], line: 2 },
    { lines: ["<?php", "mysqli_query($db, 'DELETE FROM carts WHERE id = ' . $_GET['id']);"], line: 2 },
  ],
  good: [
    {
      lines: [
        "<?php",
        '$rows = $pdo->query("SELECT * FROM {$this->table} WHERE a = 1");',
        "$wpdb->get_results(\"SELECT * FROM $wpdb->posts WHERE a = 'b'\");",
        "$s = $pdo->prepare('SELECT * FROM carts WHERE name = ?');",
      ],
    },
  ],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "php/shell-command-from-values",
  why: "The shell reads the value as part of the command: `; rm -rf ~` in it runs. Give `proc_open` an array, or put each value through `escapeshellarg`.",
  languages: ["php"],
  find: {
    kind: "function_call_expression",
    has: { field: "function", regex: "^(exec|shell_exec|system|passthru|popen|proc_open)$" },
  },
  bad: [{ lines: ["<?php", 'shell_exec("convert $file out.png");'], line: 2 }],
  good: [
    {
      lines: [
        "<?php",
        "shell_exec('convert ' . escapeshellarg($file));",
        "exec('ls');",
        "proc_open(['ls', $a], $b, $c);",
      ],
    },
  ],
};

const runInput: TreeRule = {
  kind: "tree",
  id: "php/input-is-run",
  severity: "critical",
  category: "security",
  title: "What a request sends decides which code runs",
  why: "Whoever sends the request runs code on the server: by `eval`, by naming the file that is included, or by objects that act while they are unserialized. Choose from a list of what is allowed; for data use `json_decode`.",
  languages: ["php"],
  paths: isNotTest,
  find: {
    any: [
      {
        kind: "function_call_expression",
        has: { field: "function", regex: "^(eval|unserialize|assert|create_function)$" },
      },
      { kind: "include_expression" },
      { kind: "include_once_expression" },
      { kind: "require_expression" },
      { kind: "require_once_expression" },
    ],
    regex: input,
  },
  accept: (node) => !/allowed_classes/.test(node.text()),
  bad: [
    { lines: ["<?php", "$cart = unserialize($_COOKIE['cart']);"], line: 2 },
    { lines: ["<?php", "include $_GET['page'] . '.php';"], line: 2 },
  ],
  good: [{ lines: ["<?php", "$cart = unserialize($row['cart']);", "include __DIR__ . '/page.php';"] }],
};

const echoInput: TreeRule = {
  kind: "tree",
  id: "php/echo-of-input",
  severity: "high",
  category: "security",
  title: "What a request sends is put into the page as it is",
  why: "A script in a link then runs in the browser of whoever follows it. Escape it for where it stands: `htmlspecialchars($value)`.",
  languages: ["php"],
  paths: isNotTest,
  find: {
    any: [{ kind: "echo_statement" }, { kind: "print_intrinsic" }],
    has: {
      kind: "subscript_expression",
      regex: `^${input}`,
      stopBy: {
        any: [
          { kind: "function_call_expression" },
          { kind: "conditional_expression" },
          { kind: "cast_expression" },
          { kind: "member_call_expression" },
        ],
      },
    },
  },
  bad: [{ lines: ["<?php", "echo 'Hello ' . $_GET['name'];"], line: 2 }],
  good: [
    {
      lines: [
        "<?php",
        "echo htmlspecialchars($_GET['name']);",
        "echo (int) $_GET['page'];",
        "echo isset($_GET['a']) ? 'b' : 'c';",
      ],
    },
  ],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "php/tls-verify-off",
  languages: ["php"],
  find: {
    any: [
      {
        kind: "function_call_expression",
        regex: "^curl_setopt\\(.*CURLOPT_SSL_VERIFYPEER\\s*,\\s*(false|0)\\s*\\)$",
      },
      {
        kind: "array_element_initializer",
        regex: "^(CURLOPT_SSL_VERIFYPEER|['\"](verify_peer|sslverify|verify)['\"])\\s*=>\\s*(false|0)$",
      },
    ],
  },
  bad: [
    { lines: ["<?php", "curl_setopt($curl, CURLOPT_SSL_VERIFYPEER, false);"], line: 2 },
    { lines: ["<?php", "$client = new Client(['verify' => false]);"], line: 2 },
  ],
  good: [
    {
      lines: [
        "<?php",
        "curl_setopt($curl, CURLOPT_SSL_VERIFYPEER, true);",
        "$client = new Client(['verify' => $ca]);",
      ],
    },
  ],
};

const passwordHash: TreeRule = {
  kind: "tree",
  id: "php/weak-password-hash",
  severity: "high",
  category: "security",
  title: "A password is hashed with a fast function",
  why: "Billions of guesses a second can be tried against it. Use `password_hash` and `password_verify`.",
  languages: ["php"],
  paths: isNotTest,
  find: {
    kind: "function_call_expression",
    regex: "^(md5|sha1|crc32)\\(\\s*\\$(\\w+->|\\w+\\[['\"])?(passw(or)?d|pass|pwd)['\"]?\\]?\\s*\\)$",
  },
  bad: [{ lines: ["<?php", "$hash = md5($password);"], line: 2 }],
  good: [{ lines: ["<?php", "$hash = password_hash($password, PASSWORD_DEFAULT);", "$key = md5($path);"] }],
};

export const phpSecurityRules: readonly TreeRule[] = [
  sqlFromValues,
  commandFromValues,
  runInput,
  echoInput,
  tlsVerifyOff,
  passwordHash,
];
