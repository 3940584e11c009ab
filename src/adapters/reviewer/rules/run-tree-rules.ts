/** Parses one file and runs its language's rules over the tree. Runs in the parser process. */
import type { Rule as AstGrepRule } from "@ast-grep/napi";
import { DockerfileParser } from "dockerfile-ast";
import { asciiRule } from "./ascii-rule.ts";
import type { Parser } from "./grammars.ts";
import type { Hit, TreeJob } from "./job.ts";
import { limitHits } from "./limit-hits.ts";
import { LineIndex } from "./line-index.ts";
import { spotOf } from "./nodes.ts";
import { place } from "./placement.ts";
import type { DockerfileRule, Edit, ParsedFile, TreeRule } from "./rule.ts";
import { runWorkflowRules } from "./run-workflow-rules.ts";
import { findSyntaxError } from "./syntax-error.ts";
import type { WorkflowLinter } from "./workflow-linter.ts";

export interface TreeRules {
  readonly tree: readonly TreeRule[];
  readonly dockerfile: readonly DockerfileRule[];
}

interface Marked {
  readonly ruleId: string;
  readonly startLine: number;
  readonly line: number;
  readonly edit?: Edit | null;
}

/** @param lintWorkflow null where the file is no workflow */
export function runTreeRules(
  job: TreeJob,
  rules: TreeRules,
  parser: Parser,
  lintWorkflow: WorkflowLinter | null,
): Hit[] {
  const index = new LineIndex(job.text);
  const marks =
    job.language === "dockerfile"
      ? inDockerfile(job, rules.dockerfile)
      : inTree(job, rules.tree, parser, index);
  if (lintWorkflow) marks.push(...runWorkflowRules(job.text, lintWorkflow));
  const hits: Omit<Hit, "more">[] = [];
  for (const mark of marks) {
    const placed = place(mark, index, job.added);
    if (placed) hits.push({ ruleId: mark.ruleId, ...placed });
  }
  return limitHits(hits);
}

function inDockerfile(job: TreeJob, rules: readonly DockerfileRule[]): Marked[] {
  const dockerfile = DockerfileParser.parse(job.text);
  return rules.flatMap((rule) =>
    rule.find(dockerfile).map((spot) => {
      const { start, end } = spot.getRange();
      return { ruleId: rule.id, startLine: start.line + 1, line: end.line + 1 };
    }),
  );
}

function inTree(job: TreeJob, rules: readonly TreeRule[], parser: Parser, index: LineIndex): Marked[] {
  const root = parser.parse(job.language, job.text).root();
  const file: ParsedFile = {
    path: job.path,
    text: job.text,
    root,
    isAdded: (spot) => place(index.linesOf(spot), index, job.added) !== null,
  };
  const marks = rules
    .filter((rule) => rule.languages.includes(job.language) && (rule.paths?.(job.path) ?? true))
    .flatMap((rule) => applyRule(rule, file, index));
  const broken = findSyntaxError(job, root, parser);
  return broken ? [...marks, broken] : marks;
}

function applyRule(rule: TreeRule, file: ParsedFile, index: LineIndex): Marked[] {
  return file.root
    .findAll({ rule: cheapRule(rule) })
    .filter((node) => rule.accept?.(node, file) ?? true)
    .map((node) => ({
      ruleId: rule.id,
      ...index.linesOf(rule.spot?.(node, file) ?? spotOf(node)),
      edit: rule.fix?.(node) ?? null,
    }));
}

const cheapRules = new WeakMap<TreeRule, AstGrepRule>();

function cheapRule(rule: TreeRule): AstGrepRule {
  const known = cheapRules.get(rule);
  if (known) return known;
  const cheap = asciiRule(rule.find);
  cheapRules.set(rule, cheap);
  return cheap;
}
