/** Rules for Elixir. */
import { givenTo } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutDebuggers, aboutSql, aboutTls } from "../shared-heads.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "elixir/sql-from-values",
  languages: ["elixir"],
  find: {
    kind: "call",
    regex: "^(Ecto\\.Adapters\\.SQL|\\w*Repo|[\\w.]+\\.Repo|Postgrex|MyXQL)\\.(query|query_many)!?\\(",
  },
  bad: [{ lines: ["Repo.query(\"SELECT * FROM carts WHERE name = '#{name}'\")"], line: 1 }],
  good: [{ lines: ['Repo.query("SELECT * FROM carts WHERE name = $1", [name])'] }],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "elixir/shell-command-from-values",
  why: 'The shell reads the value as part of the command: `; rm -rf ~` in it runs. Use `System.cmd("git", ["checkout", branch])`.',
  languages: ["elixir"],
  find: { kind: "call", regex: "^System\\.shell\\(" },
  bad: [{ lines: ['System.shell("git checkout #{branch}")'], line: 1 }],
  good: [{ lines: ['System.cmd("git", ["checkout", branch])', 'System.shell("ls | wc -l")'] }],
};

const unsafeTerm: TreeRule = {
  kind: "tree",
  id: "elixir/unsafe-binary-to-term",
  severity: "high",
  category: "security",
  title: "Terms of any kind are made from data",
  why: "The data can make atoms until the virtual machine is full, or functions. Pass `[:safe]`, and for what others send use JSON.",
  languages: ["elixir"],
  paths: isNotTest,
  find: { kind: "call", regex: "^:erlang\\.binary_to_term\\(" },
  accept: (node) => givenTo(node).length === 1,
  bad: [{ lines: ["term = :erlang.binary_to_term(body)"], line: 1 }],
  good: [{ lines: ["term = :erlang.binary_to_term(body, [:safe])"] }],
};

const atomFromInput: TreeRule = {
  kind: "tree",
  id: "elixir/atom-from-input",
  severity: "medium",
  category: "security",
  title: "Atoms are made from what a request sends",
  why: "Atoms are never freed: enough different requests end the virtual machine. Use `String.to_existing_atom`.",
  languages: ["elixir"],
  paths: isNotTest,
  find: { kind: "call", regex: "^String\\.to_atom\\(\\s*(params|conn|socket|body|payload)\\b" },
  bad: [{ lines: ['sort = String.to_atom(params["sort"])'], line: 1 }],
  good: [{ lines: ['sort = String.to_existing_atom(params["sort"])', 'name = String.to_atom("a")'] }],
};

const evalOfValue: TreeRule = {
  kind: "tree",
  id: "elixir/eval",
  severity: "high",
  category: "security",
  title: "Code is made from a value at run time",
  why: "Whoever can influence the value runs code with this program's rights. Look the value up in a table of functions.",
  languages: ["elixir"],
  paths: (path) => isNotTest(path) && !/(^|\/)(config|mix)\b/.test(path),
  find: { kind: "call", regex: "^Code\\.eval_string\\(" },
  accept: (node) => givenTo(node)[0]?.is("string") !== true,
  bad: [{ lines: ["result = Code.eval_string(expression)"], line: 1 }],
  good: [{ lines: ['result = Code.eval_string("1 + 1")'] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "elixir/tls-verify-off",
  languages: ["elixir"],
  find: { kind: "pair", regex: "^verify:\\s*:verify_none$" },
  bad: [{ lines: ["opts = [verify: :verify_none]"], line: 1 }],
  good: [{ lines: ["opts = [verify: :verify_peer, cacerts: :public_key.cacerts_get()]"] }],
};

const debuggerCall: TreeRule = {
  ...aboutDebuggers,
  id: "elixir/debugger",
  languages: ["elixir"],
  find: { kind: "call", any: [{ regex: "^IEx\\.pry(\\(\\))?$" }, { regex: "^dbg\\(" }] },
  bad: [{ lines: ["def total(cart) do", "  IEx.pry()", "  cart", "end"], line: 2 }],
  good: [{ lines: ["def total(cart) do", "  debug(cart)", "end"] }],
};

export const elixirRules: readonly TreeRule[] = [
  sqlFromValues,
  commandFromValues,
  unsafeTerm,
  atomFromInput,
  evalOfValue,
  tlsVerifyOff,
  debuggerCall,
];
