/** Reads a configuration file: its settings, or what is wrong with it and on which line. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { z } from "zod";
import { explainIssue } from "../../explain-issue.ts";
import { printable } from "../../printable.ts";
import type { FileProblem } from "./configuration.ts";
import { didYouMean } from "./did-you-mean.ts";
import { findIdleRules } from "./idle-rules.ts";
import { namesAt, type ReviewSettings, reviewSettings } from "./review-settings.ts";

const maxBytes = 32 * 1024;
const maxDepth = 20;
const maxProblems = 20;

export type ParsedSettings =
  | {
      readonly settings: ReviewSettings;
      /** What in it has no effect, though the file is valid. */
      readonly warnings: readonly FileProblem[];
      /** Where a setting stands. */
      readonly lineOf: (name: keyof ReviewSettings) => number;
    }
  | { readonly problems: readonly FileProblem[] };

export function parseSettings(bytes: Uint8Array): ParsedSettings {
  if (bytes.length > maxBytes)
    return atFirstLine(`it has ${bytes.length} bytes; at most ${maxBytes} are read`);
  const text = decode(bytes);
  if (text === null) return atFirstLine("it is not UTF-8");
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    return readDocument(document, (offset) => lines.linePos(offset).line);
  } catch (error) {
    // Of some ten thousand brackets the parser's own recursion is too much.
    if (error instanceof RangeError) return atFirstLine("it is nested too deep");
    throw error;
  }
}

type LineAt = (offset: number) => number;

function readDocument(document: Document.Parsed, lineAt: LineAt): ParsedSettings {
  const malformed = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    line: lineAt(pos[0]),
    message: code === "MULTIPLE_DOCS" ? "there is more than one document in it" : message,
  }));
  const problems = malformed.length > 0 ? malformed : findUnwanted(document, lineAt);
  if (problems.length > 0) return { problems: printed(problems) };
  const lineOf = (path: readonly PropertyKey[]) => lineAt(offsetOf(document.contents, path));
  // An empty file, or one with nothing but comments.
  const parsed = reviewSettings.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (parsed.success) {
    const settings = parsed.data;
    return { settings, warnings: warningsOf(settings, lineOf), lineOf: (name) => lineOf([name]) };
  }
  const found = parsed.error.issues.flatMap((issue) => describeIssue(issue, lineOf));
  return { problems: printed(found.toSorted((a, b) => a.line - b.line)) };
}

/** They name what stands in the file, which may be anything. */
function printed(problems: readonly FileProblem[]): readonly FileProblem[] {
  return problems.slice(0, maxProblems).map(({ line, message }) => ({ line, message: printable(message) }));
}

/** Aliases let a short file stand for a huge one, and nothing here needs them. */
function findUnwanted(document: Document.Parsed, lineAt: LineAt): readonly FileProblem[] {
  const problems: FileProblem[] = [];
  visit(document, {
    Node: (_key, node, ancestors) => {
      const line = lineAt(node.range?.[0] ?? 0);
      const hasAnchor = isAlias(node) || ("anchor" in node && node.anchor !== undefined);
      if (hasAnchor) problems.push({ line, message: "anchors and aliases are not taken here" });
      if (ancestors.length > maxDepth) problems.push({ line, message: "it is nested too deep" });
      return problems.length > 0 ? visit.BREAK : undefined;
    },
  });
  return problems;
}

type LineOf = (path: readonly PropertyKey[]) => number;

function warningsOf({ disabled_rules: ids = [] }: ReviewSettings, lineOf: LineOf): readonly FileProblem[] {
  const idle = findIdleRules(ids);
  return printed(idle.map(({ index, message }) => ({ line: lineOf(["disabled_rules", index]), message })));
}

function describeIssue(issue: z.core.$ZodIssue, lineOf: LineOf): readonly FileProblem[] {
  const { path } = issue;
  if (issue.code !== "unrecognized_keys") {
    if (path.length === 0) return [{ line: lineOf(path), message: noSettings }];
    const where = path.map(String).join(".");
    return [{ line: lineOf(path), message: `${where}: ${explainIssue(issue)}${hintAt(issue)}` }];
  }
  return issue.keys.map((name) => {
    const hint = didYouMean(name, namesAt(path));
    return { line: lineOf([...path, name]), message: `there is no setting "${name}"${hint}` };
  });
}

const noSettings = "expected settings, each with its value, such as gate: high";

/** The value of a few that somebody may have meant. */
function hintAt(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return "";
  return didYouMean(issue.input, issue.values.map(String));
}

/** Of the setting's name where it has one, else of the nearest thing around it that is there. */
function offsetOf(node: unknown, path: readonly PropertyKey[], around = 0): number {
  const here = isNode(node) ? (node.range?.[0] ?? around) : around;
  const [step, ...rest] = path;
  if (step === undefined) return here;
  if (isSeq(node)) return offsetOf(node.get(Number(step), true), rest, here);
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined;
  if (!pair) return here;
  const named = isNode(pair.key) ? (pair.key.range?.[0] ?? here) : here;
  return rest.length === 0 ? named : offsetOf(pair.value, rest, named);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function atFirstLine(message: string): ParsedSettings {
  return { problems: [{ line: 1, message }] };
}
