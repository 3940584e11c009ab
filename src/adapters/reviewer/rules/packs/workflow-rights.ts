/** Rules about what a workflow may do and whom it trusts. */
import { isWorkflow } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { scalarText } from "../workflow-tree.ts";

const workflowRule = {
  kind: "tree",
  category: "supply-chain",
  languages: ["yaml"],
  paths: isWorkflow,
} as const;

const unpinnedAction: TreeRule = {
  ...workflowRule,
  id: "workflows/unpinned-action",
  severity: "low",
  title: "An action of another owner is not pinned to a commit",
  why: "Its owner, or whoever takes over the account, can move the tag or branch, and the next run gives the new code what this workflow may do and knows. Pin the full commit id and keep the version in a comment; update bots understand that form.",
  find: { kind: "block_mapping_pair", has: { field: "key", regex: "^uses$" } },
  accept: (node, { text }) => {
    const [, owner, ref = ""] =
      /^([\w.-]+)\/[^@\s]+@(\S+)$/.exec(scalarText(node.field("value")) ?? "") ?? [];
    if (owner === undefined || /^(actions|github)$/i.test(owner) || /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(ref))
      return false;
    return isBranch(ref) || hasMuchToLose.test(text);
  },
  bad: [
    {
      lines: [
        "on: push",
        "jobs:",
        "  a:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: acme/deploy-action@v2",
        "        with:",
        "          key: ${{ secrets.DEPLOY_KEY }}",
      ],
      line: 6,
    },
    {
      lines: [
        "on: push",
        "jobs:",
        "  a:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: acme/lint-action@main",
      ],
      line: 6,
    },
  ],
  good: [
    {
      lines: [
        "on: push",
        "jobs:",
        "  a:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "      - uses: ./.github/actions/build",
        "      - uses: docker://alpine:3.20",
        "      - uses: acme/lint-action@v2",
      ],
    },
    {
      lines: [
        "on: push",
        "permissions:",
        "  contents: write",
        "jobs:",
        "  a:",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: acme/deploy-action@5f3c9e1a5b8d2046c1e7a9035fb2d8642e9b7c1d # v2",
      ],
    },
  ],
};

function isBranch(ref: string): boolean {
  return !/^v?\d/.test(ref);
}

/** A secret besides the job's own token, or a token that may write. */
const hasMuchToLose = /\bsecrets\.(?!GITHUB_TOKEN\b)|\bsecrets:\s*inherit|^\s*[\w-]+:\s*write\b|write-all/m;

const writeAll: TreeRule = {
  ...workflowRule,
  id: "workflows/write-all",
  severity: "medium",
  category: "security",
  title: "The workflow's token may write everything",
  why: "Any action or script in it can push code, publish packages and approve pull requests. Name the permissions the jobs need (`contents: read`, …).",
  find: {
    kind: "block_mapping_pair",
    all: [
      { has: { field: "key", regex: "^permissions$" } },
      { has: { field: "value", regex: "^['\"]?write-all['\"]?$" } },
    ],
  },
  bad: [{ lines: ["on: push", "permissions: write-all", "jobs: {}"], line: 2 }],
  good: [
    { lines: ["on: push", "permissions:", "  contents: write", "jobs: {}"] },
    { lines: ["on: push", "permissions: read-all", "jobs: {}"] },
  ],
};

export const workflowRightsRules: readonly TreeRule[] = [unpinnedAction, writeAll];
