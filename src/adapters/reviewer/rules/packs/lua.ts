/** Rules for Lua. */
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutTls } from "../shared-heads.ts";

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "lua/shell-command-from-values",
  languages: ["lua"],
  find: { kind: "function_call", regex: "^(os\\.execute|io\\.popen)\\s*\\(" },
  bad: [{ lines: ['os.execute("git checkout " .. branch)'], line: 1 }],
  good: [{ lines: ['os.execute("ls")', 'io.popen("ls " .. shell_quote(dir))'] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "lua/tls-verify-off",
  languages: ["lua"],
  find: { kind: "field", regex: "^(ssl_verify\\s*=\\s*false|verify\\s*=\\s*[\"']none[\"'])$" },
  bad: [{ lines: ["http:request_uri(uri, { ssl_verify = false })"], line: 1 }],
  good: [{ lines: ["http:request_uri(uri, { ssl_verify = true })"] }],
};

const negatedComparison: TreeRule = {
  kind: "tree",
  id: "lua/negation-before-comparison",
  severity: "high",
  category: "correctness",
  title: "The negation is for the left side alone, not for the comparison",
  why: "`not a == b` compares `true` or `false` with `b`. Write `a ~= b`.",
  languages: ["lua"],
  find: {
    kind: "binary_expression",
    regex: "^not\\s+[\\w.]+\\s*(==|~=)\\s*(?:[\"'\\d]|nil\\b|[\\w.]*[A-Z_]{3,})",
  },
  bad: [{ lines: ['if not state == "open" then', "  close()", "end"], line: 1 }],
  good: [{ lines: ['if not (state == "open") and not a == not b then', "  close()", "end"] }],
};

const scanOfKeys: TreeRule = {
  kind: "tree",
  id: "lua/redis-keys",
  severity: "medium",
  category: "correctness",
  title: "Redis stands still while it looks at every key",
  why: "`KEYS` reads the whole database in one go, and nobody else is served meanwhile. Keep a set of the keys, or use `SCAN` outside of the script.",
  languages: ["lua"],
  paths: isNotTest,
  find: { kind: "function_call", regex: "^redis\\.p?call\\(\\s*[\"'](?i:keys)[\"']" },
  bad: [{ lines: ['local keys = redis.call("KEYS", "cart:*")'], line: 1 }],
  good: [{ lines: ['local cart = redis.call("GET", KEYS[1])'] }],
};

export const luaRules: readonly TreeRule[] = [commandFromValues, tlsVerifyOff, negatedComparison, scanOfKeys];
