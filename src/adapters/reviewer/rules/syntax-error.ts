/**
 * Finds that a change broke a file's syntax. A grammar that lags behind its language must not look like a broken
 * file, so it speaks only when the file is new or parsed before, and of JavaScript only when Bun's parser agrees.
 */
import type { SgNode } from "@ast-grep/napi";
import type { Parser } from "./grammars.ts";
import type { TreeJob } from "./job.ts";
import { type Language, syntaxCheckedLanguages } from "./language.ts";
import { kindOf } from "./nodes.ts";
import { syntaxErrorRule } from "./packs/syntax.ts";

interface Breakage {
  readonly ruleId: string;
  readonly startLine: number;
  readonly line: number;
}

/**
 * Deliberately broken code, files that are filled in before anything parses them, and declaration files, whose
 * grammar neither parser tells from that of modules.
 */
const notPlainCode =
  /\.d\.[cm]?ts$|(^|\/)(fixtures?|testdata|__fixtures__|templates?|snapshots?|invalid|errors?)\/|[._/-](bad|invalid|broken)[._-]/i;

export function findSyntaxError(job: TreeJob, root: SgNode, parser: Parser): Breakage | null {
  if (!syntaxCheckedLanguages.has(job.language) || notPlainCode.test(job.path) || isFilledInLater(job.text))
    return null;
  const errorLine = findErrorLine(job.text, job.language, root);
  if (errorLine === null) return null;
  if (!job.isNew && (job.base === null || !parses(job.base, job.language, parser))) return null;
  const line = nearestAdded(errorLine, job);
  return line === null ? null : { ruleId: syntaxErrorRule.id, startLine: line, line };
}

const loaders: Partial<Record<Language, "ts" | "tsx" | "jsx">> = {
  TypeScript: "ts",
  Tsx: "tsx",
  JavaScript: "jsx",
};

/** Template placeholders, Flow types, and conflict markers, which have a rule of their own. */
function isFilledInLater(text: string): boolean {
  return /\{\{|<%|\{%|@flow\b/.test(text) || /^(<{7}|>{7}) /m.test(text);
}

/** The line a parser stumbles at, from 1; null when there is no error or the second parser sees none. */
function findErrorLine(text: string, language: Language, root: SgNode): number | null {
  const error = firstError(root);
  const loader = loaders[language];
  if (!error || !loader) return error && stumbleLine(error);
  return findBunErrorLine(text, loader);
}

function parses(text: string, language: Language, parser: Parser): boolean {
  return firstError(parser.parse(language, text).root()) === null;
}

/** What is between two quotes, and a file. */
const mayBeEmpty = /_content$|_fragment$|^(program|module|source_file)$/;

/** Something the parser could not place, or (a node without text) something it had to make up. */
function firstError(root: SgNode): SgNode | null {
  return (
    root.find({ rule: { kind: "ERROR" } }) ??
    root.findAll({ rule: { regex: "^$" } }).find((node) => node.isLeaf() && !mayBeEmpty.test(kindOf(node))) ??
    null
  );
}

/** An error node also holds what was read before the parser gave up; the first loose token is where that was. */
function stumbleLine(error: SgNode): number {
  const loose = error.children().find((child) => !child.isNamed() || kindOf(child) === "ERROR");
  return (loose ?? error).range().start.line + 1;
}

function findBunErrorLine(text: string, loader: "ts" | "tsx" | "jsx"): number | null {
  try {
    new Bun.Transpiler({ loader }).scan(text);
    return null;
  } catch (error) {
    // This parser says what is wrong by throwing, one message or several; that it throws is the answer.
    const first = error instanceof AggregateError ? error.errors[0] : error;
    return first instanceof BuildMessage ? (first.position?.line ?? 1) : 1;
  }
}

/** The first added line from there on, else the last one before: an opening bracket breaks what follows it. */
function nearestAdded(errorLine: number, { added }: TreeJob): number | null {
  const lastBefore = added.findLast(([first]) => first <= errorLine);
  if (lastBefore) return Math.min(lastBefore[1], errorLine);
  return added[0]?.[0] ?? null;
}
