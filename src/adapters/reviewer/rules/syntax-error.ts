/**
 * Finds that a change broke a file's syntax. A grammar that lags behind its language must not look like a broken
 * file, so it speaks only when the file was new or parsed before, and for JavaScript only when Bun's parser agrees.
 */
import type { SgNode } from "@ast-grep/napi";
import type { Parser } from "./grammars.ts";
import type { TreeJob } from "./job.ts";
import type { Language } from "./language.ts";
import { syntaxErrorRule } from "./packs/syntax.ts";
import type { Marked } from "./rule.ts";

const loaders: Partial<Record<Language, "ts" | "tsx" | "jsx">> = {
  TypeScript: "ts",
  Tsx: "tsx",
  JavaScript: "jsx",
};

const checked: ReadonlySet<Language> = new Set(["TypeScript", "Tsx", "JavaScript", "python", "go", "java"]);

/** Deliberately broken code and files that are filled in before anything parses them. */
const notPlainCode = /(^|\/)(fixtures?|testdata|__fixtures__|templates?|snapshots?|examples?|invalid)\//i;

export function findSyntaxError(
  job: TreeJob,
  root: SgNode,
  parser: Parser,
): (Marked & { readonly ruleId: string }) | null {
  if (!checked.has(job.language) || notPlainCode.test(job.path) || isPreprocessed(job.text)) return null;
  const error = smallestError(root);
  if (!error || !bunAgrees(job)) return null;
  if (!job.isNew && (job.base === null || !parses(job.base, job.language, parser))) return null;
  const line = nearestAdded(error.range().start.line + 1, error.range().end.line + 1, job);
  return line === null ? null : { ruleId: syntaxErrorRule.id, startLine: line, line };
}

/** Template placeholders, Flow types, and conflict markers, which have a rule of their own. */
function isPreprocessed(text: string): boolean {
  return /\{\{|<%|\{%|@flow\b|^(<{7}|>{7}) /m.test(text);
}

/** Error recovery wraps everything around an error, so the smallest node is nearest to it. */
function smallestError(root: SgNode): SgNode | null {
  const size = (node: SgNode) => node.range().end.index - node.range().start.index;
  return root.findAll({ rule: { kind: "ERROR" } }).toSorted((a, b) => size(a) - size(b))[0] ?? null;
}

function bunAgrees(job: TreeJob): boolean {
  const loader = loaders[job.language];
  if (!loader) return true;
  try {
    new Bun.Transpiler({ loader }).scan(job.text);
    return false;
  } catch {
    // Bun's parser says what is wrong by throwing an AggregateError or BuildMessage; that it throws is the answer.
    return true;
  }
}

function parses(text: string, language: Language, parser: Parser): boolean {
  return (
    parser
      .parse(language, text)
      .root()
      .find({ rule: { kind: "ERROR" } }) === null
  );
}

/** The first added line inside the error, else the last one above it: an opening brace breaks what follows. */
function nearestAdded(startLine: number, endLine: number, { added }: TreeJob): number | null {
  let above: number | null = null;
  for (const [first, last] of added) {
    if (last >= startLine && first <= endLine) return Math.max(first, startLine);
    if (last < startLine) above = last;
  }
  return above;
}
