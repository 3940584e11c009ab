/** Parses one file and runs its language's rules over the tree. Runs in the parser process. */
import { DockerfileParser } from "dockerfile-ast";
import type { Parser } from "./grammars.ts";
import type { Hit, TreeJob } from "./job.ts";
import { limitHits } from "./limit-hits.ts";
import { place } from "./placement.ts";
import type { DockerfileRule, Marked, ParsedFile, TreeRule } from "./rule.ts";
import { findSyntaxError } from "./syntax-error.ts";

export interface TreeRules {
  readonly tree: readonly TreeRule[];
  readonly dockerfile: readonly DockerfileRule[];
}

export function runTreeRules(job: TreeJob, rules: TreeRules, parser: Parser): Hit[] {
  const marked =
    job.language === "dockerfile" ? inDockerfile(job, rules.dockerfile) : inTree(job, rules.tree, parser);
  const hits: Omit<Hit, "more">[] = [];
  for (const { ruleId, ...mark } of marked) {
    const placed = place(mark, job.text, job.added);
    if (placed) hits.push({ ruleId, ...placed });
  }
  return limitHits(hits);
}

type MarkedBy = Marked & { readonly ruleId: string };

function inDockerfile(job: TreeJob, rules: readonly DockerfileRule[]): MarkedBy[] {
  const dockerfile = DockerfileParser.parse(job.text);
  return rules.flatMap((rule) =>
    rule.find(dockerfile, job.text).map((mark) => ({ ...mark, ruleId: rule.id })),
  );
}

function inTree(job: TreeJob, rules: readonly TreeRule[], parser: Parser): MarkedBy[] {
  const root = parser.parse(job.language, job.text).root();
  const file: ParsedFile = { path: job.path, text: job.text, language: job.language, root };
  const found = rules
    .filter((rule) => rule.languages.includes(job.language) && (rule.paths?.(job.path) ?? true))
    .flatMap((rule) => applyRule(rule, file));
  const broken = findSyntaxError(job, root, parser);
  return broken ? [...found, broken] : found;
}

function applyRule(rule: TreeRule, file: ParsedFile): MarkedBy[] {
  return file.root
    .findAll({ rule: rule.find })
    .filter((node) => rule.accept?.(node, file) ?? true)
    .map((node) => {
      const { start, end } = (rule.mark?.(node) ?? node).range();
      // A node that ends with its line break ends at column 0 of the next line.
      const lastLine = end.column === 0 && end.line > start.line ? end.line : end.line + 1;
      const edit = rule.fix?.(node);
      return { ruleId: rule.id, startLine: start.line + 1, line: lastLine, ...(edit ? { edit } : {}) };
    });
}
