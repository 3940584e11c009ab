/** Rules for GitHub workflows: what lets strangers run code with the repository's rights. */
import type { SgNode } from "@ast-grep/napi";
import { spotOf } from "../nodes.ts";
import { isWorkflow } from "../paths.ts";
import type { ParsedFile, TreeRule } from "../rule.ts";
import { entriesOf, entryOf, namesIn, siblingsOf, topLevel } from "../workflow-tree.ts";

const workflowRule = {
  kind: "tree",
  category: "supply-chain",
  languages: ["yaml"],
  paths: isWorkflow,
} as const;

/** Events that run with the repository's secrets on what a stranger wrote. */
const privilegedEvents: ReadonlySet<string> = new Set([
  "pull_request_target",
  "workflow_run",
  "issue_comment",
]);

const strangersCommit =
  /github\.event\.pull_request\.head\.(sha|ref)|github\.head_ref|github\.event\.workflow_run\.head_(sha|branch)|refs\/pull\/|github\.event\.pull_request\.merge_commit_sha/;

const untrustedCheckout: TreeRule = {
  ...workflowRule,
  id: "workflows/untrusted-checkout",
  severity: "critical",
  category: "security",
  title: "A privileged workflow checks out a stranger's commit",
  why: "The event runs with the repository's secrets and a writable token, and anything of the checkout that runs (a build script, a test, an action in it) runs with them. Use `pull_request`, or keep the checkout to the base branch and handle the commit in a second workflow without secrets.",
  find: { kind: "block_mapping_pair", has: { field: "value", regex: "^['\"]?actions/checkout@" } },
  accept: (node, file) =>
    entryOf(node).key === "uses" && findStrangersRef(node) !== null && isPrivileged(file),
  spot: (node, file) => {
    const reference = spotOf(findStrangersRef(node) ?? node);
    const on = topLevel(file.root).find((entry) => entry.key === "on");
    // Where only the event is new, that is the line to speak of.
    return file.isAdded(reference) || !on ? reference : spotOf(on.pair);
  },
  bad: [
    {
      lines: [
        "on: [push, pull_request_target]",
        "jobs:",
        "  build:",

        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "        with:",
        "          ref: ${{ github.event.pull_request.head.sha }}",
        "      - run: npm ci",
      ],
      line: 8,
    },
  ],
  good: [
    {
      lines: [
        "on: pull_request",
        "jobs:",
        "  build:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "        with:",
        "          ref: ${{ github.event.pull_request.head.sha }}",
      ],
    },
    {
      lines: [
        "on:",
        "  pull_request_target:",
        "    types: [opened]",
        "jobs:",
        "  label:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: actions/checkout@v4",
      ],
    },
  ],
};

function findStrangersRef(uses: SgNode): SgNode | null {
  const given = siblingsOf(entryOf(uses)).find((entry) => entry.key === "with");
  const ref = entriesOf(given?.value ?? null).find((entry) => entry.key === "ref");
  return ref && strangersCommit.test(ref.value?.text() ?? "") ? ref.pair : null;
}

function isPrivileged(file: ParsedFile): boolean {
  const on = topLevel(file.root).find((entry) => entry.key === "on");
  return namesIn(on?.value ?? null).some((event) => privilegedEvents.has(event));
}

/** Texts that whoever opens an issue or pull request chooses. */
const strangersText =
  /\$\{\{[^}]*\bgithub\.(head_ref\b|event\.(issue\.(title|body)|pull_request\.(title|body|head\.(ref|label)|head\.repo\.default_branch)|comment\.body|review\.body|review_comment\.body|discussion\.(title|body)|head_commit\.(message|author\.(name|email))|commits\S*\.(message|author\.(name|email))|workflow_run\.(head_branch|display_title|head_commit\.message)|pages\S*\.page_name))/;

const scriptInjection: TreeRule = {
  ...workflowRule,
  id: "workflows/script-injection",
  severity: "high",
  category: "security",
  title: "A text that strangers choose becomes part of the script",
  why: "The expression is replaced before the shell reads the script, so a title such as `$(curl …)` runs. Put the value into `env:` and use the variable, in quotes.",
  find: { kind: "block_mapping_pair", has: { field: "key", regex: "^(run|script)$" }, regex: "\\$\\{\\{" },
  accept: (node) => strangersText.test(node.text()),
  spot: (node, file) => {
    const { start } = spotOf(node);
    const uses = [...node.text().matchAll(new RegExp(strangersText, "g"))].map((match) => ({
      start: start + match.index,
      end: start + match.index + match[0].length,
    }));
    return uses.find(file.isAdded) ?? uses[0] ?? spotOf(node);
  },
  bad: [
    {
      lines: [
        "on: issues",
        "jobs:",
        "  greet:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - run: |",
        "          set -e",
        '          echo "New: ${{ github.event.issue.title }}"',
      ],
      line: 8,
    },
    {
      lines: [
        "on: push",
        "jobs:",
        "  a:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - run: git checkout ${{ github.head_ref }}",
      ],
      line: 6,
    },
  ],
  good: [
    {
      lines: [
        "on: issues",
        "jobs:",
        "  greet:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - env:",
        "          TITLE: ${{ github.event.issue.title }}",
        '        run: echo "$TITLE ${{ github.event.issue.number }} ${{ github.sha }}"',
      ],
    },
  ],
};

export const workflowRules: readonly TreeRule[] = [untrustedCheckout, scriptInjection];
