/** Rules for Rust. */
import { findAncestor, givenTo, spotOf } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutDebuggers, aboutSql, aboutTls, hasValues } from "../shared-heads.ts";
import { isSqlWithValues } from "../sql-text.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "rust/sql-from-values",
  languages: ["rust"],
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex:
        "(^|::|\\.)(query|query_as|query_scalar|sql_query|execute|query_one|query_opt|batch_execute|prepare)$",
    },
  },
  accept: (node) =>
    givenTo(node)
      .slice(0, 2)
      .map((each) => (each.is("reference_expression") ? (each.field("value") ?? each) : each))
      .some(isSqlWithValues),
  spot: spotOf,
  bad: [
    {
      lines: ["fn f() {", "    sqlx::query(&format!(\"SELECT * FROM carts WHERE name = '{}'\", name));", "}"],
      line: 2,
    },
    {
      lines: ["fn f() {", "    client.execute(&format!(\"DELETE FROM carts WHERE id = '{id}'\"), &[]);", "}"],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "fn f() {",
        '    sqlx::query("SELECT * FROM carts WHERE name = $1").bind(name);',
        '    client.execute(&format!("DELETE FROM {table} WHERE id = $1"), &[&id]);',
        "}",
      ],
    },
  ],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "rust/shell-command-from-values",
  languages: ["rust"],
  find: {
    kind: "call_expression",
    has: {
      field: "function",
      regex: '^(\\w+::)*Command::new\\("(/bin/)?(ba|z)?sh"\\)\\s*\\.arg\\("-c"\\)\\s*\\.arg$',
    },
  },
  accept: (node) => {
    const [given] = givenTo(node);
    return hasValues(given?.is("reference_expression") ? (given.field("value") ?? given) : given);
  },
  bad: [
    {
      lines: ["fn f() {", '    Command::new("sh").arg("-c").arg(format!("git checkout {}", branch));', "}"],
      line: 2,
    },
  ],
  good: [{ lines: ["fn f() {", '    Command::new("git").arg("checkout").arg(branch);', "}"] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "rust/tls-verify-off",
  languages: ["rust"],
  find: { kind: "call_expression", regex: "\\.danger_accept_invalid_(certs|hostnames)\\(\\s*true\\s*\\)$" },
  accept: (node) => /danger_accept_invalid_(certs|hostnames)$/.test(node.field("function")?.text() ?? ""),
  bad: [
    { lines: ["fn f() {", "    let b = Client::builder().danger_accept_invalid_certs(true);", "}"], line: 2 },
  ],
  good: [
    { lines: ["fn f() {", "    let b = Client::builder().danger_accept_invalid_certs(insecure);", "}"] },
  ],
};

const uninitialized: TreeRule = {
  kind: "tree",
  id: "rust/uninitialized-memory",
  severity: "high",
  category: "correctness",
  title: "Memory is taken for a value before one was written",
  why: "`mem::uninitialized` is undefined behaviour for nearly every type, also when nothing reads it. Use `MaybeUninit`.",
  languages: ["rust"],
  find: {
    kind: "call_expression",
    has: { field: "function", regex: "^((std|core)::)?mem::uninitialized\\b" },
  },
  bad: [{ lines: ["fn f() {", "    let a: [u8; 4] = unsafe { std::mem::uninitialized() };", "}"], line: 2 }],
  good: [{ lines: ["fn f() {", "    let a = MaybeUninit::<[u8; 4]>::uninit();", "}"] }],
};

const lockNotHeld: TreeRule = {
  kind: "tree",
  id: "rust/lock-not-held",
  severity: "high",
  category: "correctness",
  title: "The lock is given back at once",
  why: "`let _ =` drops its value right there, so that nothing is locked in the lines below. Give it a name: `let _guard =`.",
  languages: ["rust"],
  find: {
    kind: "let_declaration",
    regex:
      "^let _ = [\\w.&]*\\.(lock|read|write)\\(\\)(\\.await|\\.unwrap\\(\\)|\\.expect\\([^()]*\\)|\\?)*;$",
  },
  accept: (node) => /lock|mutex|guard/i.test(node.text().replace(/\.(read|write)\(\)/, "")),
  bad: [{ lines: ["fn f() {", "    let _ = self.state.lock().unwrap();", "    change();", "}"], line: 2 }],
  good: [
    { lines: ["fn f() {", "    let _guard = self.state.lock().unwrap();", "    let _ = file.read();", "}"] },
  ],
};

const blockingInAsync: TreeRule = {
  kind: "tree",
  id: "rust/blocking-sleep-in-async",
  severity: "high",
  category: "correctness",
  title: "The thread sleeps inside of an async function",
  why: "All other tasks of this thread stand still meanwhile. Await the runtime's own sleep (`tokio::time::sleep`).",
  languages: ["rust"],
  find: { kind: "call_expression", has: { field: "function", regex: "^(std::)?thread::sleep$" } },
  accept: (node) => {
    const owner = findAncestor(node, ["function_item", "async_block"], ["closure_expression"]);
    return owner !== null && (owner.is("async_block") || /^[^{]*\basync\s+fn\b/.test(owner.text()));
  },
  bad: [{ lines: ["async fn f() {", "    std::thread::sleep(Duration::from_secs(1));", "}"], line: 2 }],
  good: [
    { lines: ["fn f() {", "    std::thread::sleep(Duration::from_secs(1));", "}"] },
    { lines: ["async fn f() {", "    spawn_blocking(|| std::thread::sleep(second)).await;", "}"] },
  ],
};

const debugMacro: TreeRule = {
  ...aboutDebuggers,
  id: "rust/debug-macro",
  severity: "low",
  title: "A dbg! was left in the code",
  why: "It prints to standard error on every call. Remove it, or log.",
  languages: ["rust"],
  paths: isNotTest,
  find: { kind: "macro_invocation", has: { field: "macro", regex: "^dbg$" } },
  accept: (node, file) => !/#\[cfg\(test\)\]/.test(file.text.slice(0, node.range().start.index)),
  bad: [{ lines: ["fn f() {", "    let a = dbg!(total());", "}"], line: 2 }],
  good: [{ lines: ["fn f() {}", "", "#[cfg(test)]", "mod tests {", "    fn g() { dbg!(1); }", "}"] }],
};

const unfinished: TreeRule = {
  kind: "tree",
  id: "rust/unfinished",
  severity: "medium",
  category: "correctness",
  title: "This panics when it is reached",
  why: "`todo!` stands for code that is still to be written. Write it, or return an error.",
  languages: ["rust"],
  paths: isNotTest,
  find: { kind: "macro_invocation", has: { field: "macro", regex: "^todo$" } },
  bad: [{ lines: ["fn f() -> u8 {", "    todo!()", "}"], line: 2 }],
  good: [{ lines: ["fn f() -> u8 {", "    // todo: faster", "    unreachable!()", "}"] }],
};

export const rustRules: readonly TreeRule[] = [
  sqlFromValues,
  commandFromValues,
  tlsVerifyOff,
  uninitialized,
  lockNotHeld,
  blockingInAsync,
  debugMacro,
  unfinished,
];
