/** Rules for Kotlin. */
import { findAncestor } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutEmptyCatch, aboutSql, aboutTls } from "../shared-heads.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "kotlin/sql-from-values",
  languages: ["kotlin"],
  find: {
    kind: "call_expression",
    regex:
      "^[\\w.?!()]*\\b(rawQuery|execSQL|executeQuery|executeUpdate|prepareStatement|createQuery|createNativeQuery|queryForObject|queryForList|query|update)\\(",
  },
  bad: [
    {
      lines: [
        "fun f(name: String) {",
        "    db.rawQuery(\"SELECT * FROM carts WHERE name = '$name'\", null)",
        "}",
      ],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "fun f(name: String) {",
        '    db.rawQuery("SELECT * FROM carts WHERE name = ?", arrayOf(name))',
        '    db.rawQuery("SELECT * FROM $TABLE_NAME", null)',
        "}",
      ],
    },
  ],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "kotlin/command-from-values",
  title: "A value is put into a command line as text",
  why: "`exec(String)` splits the line at spaces, so a value with a space in it becomes further arguments. Use `ProcessBuilder` with the arguments apart.",
  languages: ["kotlin"],
  find: { kind: "call_expression", regex: "^Runtime\\.getRuntime\\(\\)\\.exec\\(" },
  bad: [{ lines: ["fun f(file: String) {", '    Runtime.getRuntime().exec("convert $file")', "}"], line: 2 }],
  good: [{ lines: ["fun f(file: String) {", '    ProcessBuilder("convert", file).start()', "}"] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "kotlin/tls-verify-off",
  languages: ["kotlin"],
  find: {
    any: [
      {
        kind: "function_declaration",
        regex: "^(override\\s+)?fun checkServerTrusted\\([^{]*\\{\\s*\\}$",
      },
      {
        kind: "call_expression",
        regex: "\\bhostnameVerifier\\s*(\\(\\s*)?\\{\\s*_,\\s*_\\s*->\\s*true\\s*\\}\\s*\\)?$",
      },
    ],
  },
  bad: [
    {
      lines: [
        "class TrustAll : X509TrustManager {",
        "    override fun checkServerTrusted(chain: Array<X509Certificate>, type: String) {}",
        "}",
      ],
      line: 2,
    },
    { lines: ["fun f() {", "    builder.hostnameVerifier { _, _ -> true }", "}"], line: 2 },
  ],
  good: [
    {
      lines: [
        "class Trust {",
        "    override fun checkServerTrusted(c: Chain, t: String) { next.check(c, t) }",
        "}",
      ],
    },
  ],
};

const emptyCatch: TreeRule = {
  ...aboutEmptyCatch,
  id: "kotlin/empty-catch",
  languages: ["kotlin"],
  find: {
    kind: "catch_block",
    regex: "^catch\\s*\\(\\s*\\w+\\s*:\\s*(Exception|Throwable|RuntimeException)\\s*\\)\\s*\\{\\s*\\}$",
  },
  bad: [{ lines: ["fun f() {", "    try { g() } catch (e: Exception) {}", "}"], line: 2 }],
  good: [
    {
      lines: [
        "fun f() {",
        "    try { g() } catch (e: Exception) { log(e) }",
        "    try { g() } catch (ignored: TimeoutException) {}",
        "}",
      ],
    },
  ],
};

const identityOfText: TreeRule = {
  kind: "tree",
  id: "kotlin/identity-of-text",
  severity: "high",
  category: "correctness",
  title: "Identity is compared with a text",
  why: "Two equal texts need not be the same object, so that this is true or false by chance. Compare with `==`.",
  languages: ["kotlin"],
  find: { kind: "equality_expression", any: [{ regex: '^\\w[\\w.]*\\s*[=!]==\\s*"[^"]*"$' }] },
  bad: [{ lines: ["fun f(a: String) {", '    if (a === "b") g()', "}"], line: 2 }],
  good: [{ lines: ["fun f(a: String) {", '    if (a == "b" || this === other) g()', "}"] }],
};

const globalScope: TreeRule = {
  kind: "tree",
  id: "kotlin/global-scope",
  severity: "medium",
  category: "correctness",
  title: "The coroutine belongs to nobody",
  why: "It goes on when the screen or request it was for is gone, and its errors reach nobody. Launch it in the scope of what it is for.",
  languages: ["kotlin"],
  paths: isNotTest,
  find: { kind: "call_expression", regex: "^GlobalScope\\.(launch|async)\\b" },
  accept: (node, { text }) =>
    !text.includes("DelicateCoroutinesApi") && node.parent()?.is("call_expression") !== true,
  bad: [{ lines: ["fun f() {", "    GlobalScope.launch { work() }", "}"], line: 2 }],
  good: [{ lines: ["fun f() {", "    scope.launch { work() }", "}"] }],
};

const blockingInSuspend: TreeRule = {
  kind: "tree",
  id: "kotlin/blocking-in-suspend",
  severity: "high",
  category: "correctness",
  title: "A suspending function blocks its thread",
  why: "The other coroutines of this thread stand still meanwhile, and can wait for each other forever. Use `delay`, or `withContext(Dispatchers.IO)`.",
  languages: ["kotlin"],
  paths: isNotTest,
  find: {
    kind: "call_expression",
    any: [{ regex: "^runBlocking\\s*(\\(|\\{)" }, { regex: "^Thread\\.sleep\\(" }],
  },
  accept: (node) => {
    const owner = findAncestor(node, ["function_declaration"], ["lambda_literal", "anonymous_function"]);
    const isOuter = node.parent()?.is("call_expression") !== true;
    return isOuter && owner !== null && /^[^({]*\bsuspend\b[^({]*\bfun\b/.test(owner.text());
  },
  bad: [{ lines: ["suspend fun f() {", "    Thread.sleep(100)", "}"], line: 2 }],
  good: [
    { lines: ["fun f() {", "    Thread.sleep(100)", "}"] },
    { lines: ["suspend fun f() {", "    withContext(Dispatchers.IO) { Thread.sleep(100) }", "}"] },
  ],
};

export const kotlinRules: readonly TreeRule[] = [
  sqlFromValues,
  commandFromValues,
  tlsVerifyOff,
  emptyCatch,
  identityOfText,
  globalScope,
  blockingInSuspend,
];
