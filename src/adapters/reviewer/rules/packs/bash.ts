/** Rules for shell scripts. */
import { replaceNode } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutTls } from "../shared-heads.ts";

const removeUnset: TreeRule = {
  kind: "tree",
  id: "bash/remove-below-unset-variable",
  severity: "critical",
  category: "correctness",
  title: "When the variable is empty, this removes from the root folder",
  why: 'Without `set -u` an unset variable is nothing: `rm -rf "$DIR/"*` becomes `rm -rf /*`. Write `"${DIR:?}/"`, which ends the script instead.',
  languages: ["bash"],
  find: {
    kind: "command",
    regex:
      '^(sudo\\s+)?rm\\s+(-\\w+\\s+)*-\\w*[rR]\\w*\\s+(-\\w+\\s+)*"?\\$(\\w+|\\{\\w+\\})"?/"?(\\*|\\s|"|$)',
  },
  accept: (node, { text }) => {
    const name = /\$\{?(\w+)/.exec(node.text())?.[1] ?? "";
    const setBefore = new RegExp(
      `(^|[\\s;])${name}=("?[^\\s"$]|"?\\$\\(mktemp|"?\\$\\(pwd)|for ${name} in`,
      "m",
    );
    const before = text.slice(0, node.range().start.index);
    return !/^\s*set\s+-\w*u|^\s*set\s+-o\s+nounset|^#!.*sh\s+-\w*u/m.test(text) && !setBefore.test(before);
  },
  bad: [{ lines: ["#!/bin/sh", 'rm -rf "$OUT_DIR/"*'], line: 2 }],
  good: [
    { lines: ["#!/bin/sh", 'rm -rf "${OUT_DIR:?}/"*', 'rm -rf "$OUT_DIR/cache"'] },
    { lines: ["#!/bin/sh", "set -eu", 'rm -rf "$OUT_DIR/"*'] },
    { lines: ["#!/bin/sh", "OUT_DIR=build", 'rm -rf "$OUT_DIR/"*'] },
  ],
};

const pipeToShell: TreeRule = {
  kind: "tree",
  id: "bash/pipe-to-shell",
  severity: "medium",
  category: "supply-chain",
  title: "What an address answers is run unseen",
  why: "Whoever controls the address, or breaks the connection halfway, decides what runs. Download to a file, check its hash, then run it.",
  languages: ["bash"],
  paths: isNotTest,
  find: {
    kind: "pipeline",
    regex: "^(curl|wget)\\s[^|]*\\|\\s*(sudo\\s+(-\\w+\\s+)*)?(/(usr/)?bin/)?(ba|z|da)?sh(\\s|$)",
  },
  bad: [{ lines: ["curl -fsSL https://get.acme.dev | sh -s -- -y"], line: 1 }],
  good: [{ lines: ["curl -fsSL https://get.acme.dev/list | sort", "# curl https://get.acme.dev | sh"] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "bash/tls-verify-off",
  why: "Anyone between the two ends can read and change what is sent. Give the authority to trust (`--cacert`) instead.",
  languages: ["bash"],
  find: {
    kind: "command",
    any: [
      { regex: "^(sudo\\s+)?curl\\s([^|;]*\\s)?(-[a-zA-Z]*k[a-zA-Z]*|--insecure)(\\s|$)" },
      { regex: "^(sudo\\s+)?wget\\s([^|;]*\\s)?--no-check-certificate(\\s|$)" },
      { regex: "^git\\s([^|;]*\\s)?http\\.sslVerify[= ]false" },
    ],
  },
  accept: (node) => !/localhost|127\.0\.0\.1|\[::1\]/.test(node.text()),
  bad: [
    { lines: ["curl -sk https://api.acme.dev/cart"], line: 1 },
    { lines: ["wget -q --no-check-certificate https://acme.dev/a.tgz"], line: 1 },
  ],
  good: [{ lines: ["curl -s --cacert ca.pem https://api.acme.dev/cart", "curl -k https://localhost:8443/"] }],
};

const unquotedArguments: TreeRule = {
  kind: "tree",
  id: "bash/unquoted-arguments",
  severity: "low",
  category: "correctness",
  title: "Arguments with spaces in them fall apart",
  why: 'Without quotes `$@` is split again at spaces, and stars in it match files. `"$@"` passes each argument as it came.',
  languages: ["bash"],
  paths: isNotTest,
  find: {
    kind: "simple_expansion",
    regex: "^\\$@$",
    inside: { any: [{ kind: "command" }, { kind: "for_statement" }] },
  },
  fix: (node) => replaceNode(node, '"$@"'),
  bad: [{ lines: ["exec node main.js $@"], line: 1, fixed: ['exec node main.js "$@"'] }],
  good: [{ lines: ['exec node main.js "$@"', 'echo "all: $@"', "count=$#"] }],
};

const redirectOrder: TreeRule = {
  kind: "tree",
  id: "bash/redirect-order",
  severity: "medium",
  category: "correctness",
  title: "Errors are still written to where the output went before",
  why: "`2>&1` copies where output goes at that moment, and only then output is sent to the file. Write `> file 2>&1`.",
  languages: ["bash"],
  find: { kind: "redirected_statement", regex: '\\s2>&1\\s+>>?\\s*(/dev/null|[\\w"$./{}-]+)$' },
  accept: (node) =>
    node.parent()?.is("pipeline") !== true && node.parent()?.is("command_substitution") !== true,
  bad: [{ lines: ["make all 2>&1 > build.log"], line: 1 }],
  good: [{ lines: ["make all > build.log 2>&1", "make all 2>&1 >/dev/null | grep -i error"] }],
};

const sudoRedirect: TreeRule = {
  kind: "tree",
  id: "bash/sudo-redirect",
  severity: "medium",
  category: "correctness",
  title: "The file is written without the rights that sudo gives",
  why: "The shell opens the file before `sudo` runs. Write `… | sudo tee file`.",
  languages: ["bash"],
  find: {
    kind: "redirected_statement",
    regex: '^sudo\\s+(echo|cat|printf)\\s[^|]*>>?\\s*"?/(etc|usr|opt|var|root|sys|proc)/',
  },
  bad: [{ lines: ["sudo echo 'a=1' >> /etc/sysctl.conf"], line: 1 }],
  good: [{ lines: ["echo 'a=1' | sudo tee -a /etc/sysctl.conf", "sudo cat /etc/shadow > copy"] }],
};

const worldWritable: TreeRule = {
  kind: "tree",
  id: "bash/world-writable",
  severity: "medium",
  category: "security",
  title: "Everybody on the machine may change these files",
  why: "Any account, also a hijacked service's, can replace what is in there. Give the rights to the account that needs them.",
  languages: ["bash"],
  paths: isNotTest,
  find: { kind: "command", regex: "^(sudo\\s+)?chmod\\s+(-\\w+\\s+)*(0?777|a\\+rwx|a\\+w|o\\+w)\\s" },
  accept: (node) => !/\/tmp\b/.test(node.text()),
  bad: [{ lines: ["chmod -R 777 /var/lib/shop"], line: 1 }],
  good: [{ lines: ["chmod 755 run.sh", "chmod 1777 /tmp/shared"] }],
};

const evalOfArguments: TreeRule = {
  kind: "tree",
  id: "bash/eval-of-arguments",
  severity: "medium",
  category: "security",
  title: "The script's arguments are run as code",
  why: 'Quotes, semicolons and `$( )` in an argument are read as code. Call the command itself: `"$@"`.',
  languages: ["bash"],
  paths: isNotTest,
  find: { kind: "command", regex: '^eval\\s+"?\\$([1-9]|\\*|@|\\{[1-9]\\})"?$' },
  bad: [{ lines: ['eval "$1"'], line: 1 }],
  good: [{ lines: ['"$@"', 'eval "$(ssh-agent)"'] }],
};

export const bashRules: readonly TreeRule[] = [
  removeUnset,
  pipeToShell,
  tlsVerifyOff,
  unquotedArguments,
  redirectOrder,
  sudoRedirect,
  worldWritable,
  evalOfArguments,
];
