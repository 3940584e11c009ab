/** Rules for Python that hands control or secrets to others. */
import { builtString } from "../built-string.ts";
import { argumentsOf, keywordArgument, replaceNode, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isSqlWithValues } from "../sql-text.ts";

const unsafeYamlLoad: TreeRule = {
  kind: "tree",
  id: "python/unsafe-yaml-load",
  severity: "high",
  category: "security",
  title: "yaml.load without a safe loader can run code from the document",
  why: "Loaders other than the safe ones build any Python object a document names, which lets whoever wrote the document run code; newer PyYAML refuses a call without one. Use `yaml.safe_load`.",
  languages: ["python"],
  find: { any: [{ pattern: "yaml.load($DOCUMENT)" }, { pattern: "yaml.load($DOCUMENT, $LOADER)" }] },
  accept: (node) => {
    const [, loader] = argumentsOf(node);
    return !loader || /^(Loader\s*=\s*)?(yaml\.)?(Loader|UnsafeLoader)$/.test(loader.text());
  },
  fix: (node) => replaceNode(node, `yaml.safe_load(${argumentsOf(node)[0]?.text()})`),
  bad: [
    {
      lines: ["import yaml", "x = yaml.load(text)"],
      line: 2,
      fixed: ["import yaml", "x = yaml.safe_load(text)"],
    },
    { lines: ["x = yaml.load(f, Loader=yaml.Loader)"], line: 1, fixed: ["x = yaml.safe_load(f)"] },
  ],
  good: [
    {
      lines: [
        "x = yaml.load(text, Loader=yaml.SafeLoader)",
        "y = yaml.safe_load(text)",
        "z = self.yaml.load(text)",
      ],
    },
  ],
};

const shellCommand: TreeRule = {
  kind: "tree",
  id: "python/shell-command-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into a shell command as text",
  why: "The shell reads the value as part of the command: `; rm -rf ~` in it runs. Pass a list of arguments without `shell=True`, or quote the value with `shlex.quote`.",
  languages: ["python"],
  paths: isNotTest,
  find: {
    kind: "call",
    has: {
      field: "function",
      regex: "^(subprocess\\.(run|call|check_call|check_output|Popen|getoutput)|os\\.(system|popen))$",
    },
  },
  accept: (node) => {
    const command = argumentsOf(node)[0];
    const inShell =
      /^os\.|getoutput$/.test(node.field("function")?.text() ?? "") ||
      keywordArgument(node, "shell")?.field("value")?.text() === "True";
    return inShell && Boolean(command && builtString(command)?.values.length);
  },
  spot: (node) => spotOf(argumentsOf(node)[0] ?? node),
  bad: [
    { lines: ["import subprocess", "subprocess.run(f'git checkout {branch}', shell=True)"], line: 2 },
    { lines: ["os.system('rm ' + path)"], line: 1 },
  ],
  good: [
    {
      lines: [
        "subprocess.run(['git', 'checkout', branch])",
        "subprocess.run('ls | wc -l', shell=True)",
        "os.system(f'rm {shlex.quote(path)}')",
        "subprocess.run(f'echo {COMMAND}', shell=True)",
      ],
    },
  ],
};

const sqlFromValues: TreeRule = {
  kind: "tree",
  id: "python/sql-from-values",
  severity: "high",
  category: "security",
  title: "A value is put into an SQL statement as text",
  why: "A quote in the value changes the statement: it can read or delete what it should not. Pass values as parameters, the second argument of `execute`, and let the driver keep them apart.",
  languages: ["python"],
  paths: isNotTest,
  find: {
    kind: "call",
    has: {
      field: "function",
      regex:
        "(^|\\.)(execute|executemany|executescript|raw|text|read_sql|read_sql_query|fetch|fetchrow|fetchval)$",
    },
  },
  accept: (node) => isSqlWithValues(argumentsOf(node)[0]),
  spot: (node) => spotOf(argumentsOf(node)[0] ?? node),
  bad: [
    { lines: ["cursor.execute(f\"SELECT * FROM users WHERE name = '{name}'\")"], line: 1 },
    { lines: ["cursor.execute('DELETE FROM carts WHERE id = %s' % cart_id)"], line: 1 },
    { lines: ["db.execute(", "    'UPDATE carts SET a = {} WHERE b = 1'.format(a)", ")"], line: 2 },
  ],
  good: [
    {
      lines: [
        "cursor.execute('SELECT * FROM users WHERE name = %s', (name,))",
        "cursor.execute(f'SELECT * FROM {table_name} WHERE a = %s', (a,))",
        "cursor.execute(f'SELECT * FROM users LIMIT {int(limit)}')",
        "cursor.execute(sql.SQL('SELECT * FROM {}').format(sql.Identifier(name)))",
      ],
    },
  ],
};

const tlsVerifyOff: TreeRule = {
  kind: "tree",
  id: "python/tls-verify-off",
  severity: "high",
  category: "security",
  title: "TLS certificates are not checked",
  why: "Anyone between the two ends can read and change what is sent. Pass the authority to trust instead (`verify='/path/to/ca.pem'`).",
  languages: ["python"],
  paths: isNotTest,
  find: {
    any: [
      {
        kind: "keyword_argument",
        regex: "^verify\\s*=\\s*False$",
        inside: {
          stopBy: { kind: "call" },
          kind: "call",
          has: {
            field: "function",
            regex: "(^|\\.|_)(requests|httpx|session|client|Client|AsyncClient)(\\.\\w+)?$",
          },
        },
      },
      { pattern: "ssl._create_unverified_context()" },
      {
        kind: "assignment",
        regex: "^ssl\\._create_default_https_context\\s*=\\s*ssl\\._create_unverified_context$",
      },
    ],
  },
  bad: [
    { lines: ["requests.get(", "    url,", "    verify=False,", ")"], line: 3 },
    { lines: ["context = ssl._create_unverified_context()"], line: 1 },
  ],
  good: [
    {
      lines: [
        "requests.get(url, verify=True)",
        "check(url, verify=False)",
        "requests.get(url, verify='/etc/ca.pem')",
      ],
    },
  ],
};

const evalOfValue: TreeRule = {
  kind: "tree",
  id: "python/eval",
  severity: "high",
  category: "security",
  title: "Code is made from a value at run time",
  why: "Whoever can influence the value runs code with this process's rights. For literals use `ast.literal_eval`; else look the value up in a table of functions.",
  languages: ["python"],
  paths: isNotTest,
  find: { kind: "call", has: { field: "function", regex: "^eval$" } },
  accept: (node) => {
    const [code] = argumentsOf(node);
    return code !== undefined && !(code.is("string") && !code.find({ rule: { kind: "interpolation" } }));
  },
  bad: [{ lines: ["total = eval(expression)"], line: 1 }],
  good: [
    {
      lines: [
        "model.eval()",
        "total = ast.literal_eval(text)",
        "x = eval('1 + 1')",
        "frame.eval(expression)",
      ],
    },
  ],
};

const weakPasswordHash: TreeRule = {
  kind: "tree",
  id: "python/weak-password-hash",
  severity: "high",
  category: "security",
  title: "A password is hashed with a fast hash",
  why: "MD5 and the SHA family are made to be fast: stolen hashes are guessed by the billion a second. Use a password hash (`hashlib.scrypt`, `argon2-cffi`, `bcrypt`), which is slow on purpose and salted.",
  languages: ["python"],
  find: {
    kind: "call",
    has: { field: "function", regex: "^(hashlib\\.)?(md5|sha1|sha224|sha256|sha384|sha512)$" },
  },
  accept: (node) =>
    /^(\w+\.)*(password|passwd|passphrase|plain_?password|raw_?password|user_?password)(\.encode\(.*\))?$/i.test(
      argumentsOf(node)[0]?.text() ?? "",
    ),
  bad: [{ lines: ["digest = hashlib.sha256(password.encode()).hexdigest()"], line: 1 }],
  good: [
    {
      lines: [
        "digest = hashlib.sha256(body).hexdigest()",
        "h = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)",
      ],
    },
  ],
};

const temporaryName: TreeRule = {
  kind: "tree",
  id: "python/mktemp",
  severity: "medium",
  category: "security",
  title: "tempfile.mktemp only names a file, so another can make it first",
  why: "Between the naming and the opening, another process can put a file or link of its own there. Use `tempfile.NamedTemporaryFile` or `tempfile.mkstemp`, which create the file.",
  languages: ["python"],
  paths: isNotTest,
  find: { kind: "call", has: { field: "function", regex: "^tempfile\\.mktemp$" } },
  bad: [{ lines: ["path = tempfile.mktemp('.txt')"], line: 1 }],
  good: [{ lines: ["handle, path = tempfile.mkstemp('.txt')"] }],
};

export const pythonSecurityRules: readonly TreeRule[] = [
  unsafeYamlLoad,
  shellCommand,
  sqlFromValues,
  tlsVerifyOff,
  evalOfValue,
  weakPasswordHash,
  temporaryName,
];
