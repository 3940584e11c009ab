/** What a check says at lines: the findings that no inline comment says, and what is wrong with the configuration. */
import { type CheckAnnotation, maxAnnotations } from "../../adapters/forge/check.ts";
import { severityName } from "./render-comment.ts";
import type { Report, SaidFinding } from "./report.ts";
import { cutText, safeText } from "./safe-text.ts";

/** So many requests of annotations at most: each takes from what the forge allows to be written. */
const maxRequests = 4;
const maxTitle = 200;
const maxMessage = 2_000;

/** `left`: how many findings there is no room for. */
export function checkAnnotations({ findings, facts }: Pick<Report, "findings" | "facts">): {
  readonly annotations: readonly CheckAnnotation[];
  readonly left: number;
} {
  // A name that is not UTF-8 was decoded with replacement characters; the forge knows no such file.
  const unsaid = findings.filter(
    ({ disposition, path }) => disposition === "summary" && !path.includes("\ufffd"),
  );
  const all = [...configurationAnnotations(facts), ...unsaid.map(toAnnotation)];
  const annotations = all.slice(0, maxRequests * maxAnnotations);
  return { annotations, left: all.length - annotations.length };
}

function configurationAnnotations(facts: Report["facts"]): readonly CheckAnnotation[] {
  const { configurationPath: path, configurationProblems, configurationWarnings } = facts;
  if (path === null) return [];
  const at = ({ line, message }: (typeof configurationProblems)[number], title: string) =>
    line === null ? [] : [annotate({ path, startLine: line, line, title, body: message })];
  return [
    ...configurationProblems.flatMap((problem) => at(problem, "Not valid")),
    ...configurationWarnings.flatMap((warning) => at(warning, "No effect")),
  ];
}

function toAnnotation({ severity, title, ...finding }: SaidFinding): CheckAnnotation {
  const annotation = annotate({ ...finding, title: `${severityName(severity)}: ${title}` });
  return severity === "low" ? { ...annotation, level: "notice" } : annotation;
}

function annotate(said: {
  readonly path: string;
  readonly startLine: number;
  readonly line: number;
  readonly title: string;
  readonly body: string;
}): CheckAnnotation {
  const { path, startLine, line, title, body } = said;
  const message = cutText(safeText(body), maxMessage).trim() || title;
  return { path, startLine, line, level: "warning", title: plainLine(title), message };
}

/** Annotations are shown as plain text, so nothing needs to be escaped. */
function plainLine(text: string): string {
  return cutText(safeText(text).replace(/\s+/g, " ").trim(), maxTitle);
}
