/** A report as SARIF 2.1.0, as code-scanning services take it in. */
import type { Finding, Severity } from "../../adapters/reviewer/reviewer.ts";
import { printableJson } from "../../printable-json.ts";
import { baseCommit, type Report } from "./report.ts";

/** What is said of a rule, whichever reviewer it belongs to. */
export interface RuleDescription {
  readonly id: string;
  readonly severity: Severity;
  readonly category: string;
  readonly title: string;
  /** Markdown. */
  readonly why: string;
}

const levels = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
} as const satisfies Record<Severity, string>;

/** Code scanning shows ≥ 9 as critical, ≥ 7 as high, ≥ 4 as medium, above 0 as low. */
const securitySeverities = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.0",
} as const satisfies Record<Severity, string>;

export function formatSarif(report: Report, rules: readonly RuleDescription[]): string {
  const document = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "reviewd", version: report.version, rules: rules.map(describeRule) } },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: coverage(report),
            toolConfigurationNotifications: configurationNotes(report),
          },
        ],
        properties: { range: report.range.name, base: baseCommit(report.range), head: report.range.head },
        results: report.findings.map((finding) => describeFinding(finding, rules)),
      },
    ],
  };
  return printableJson(document);
}

function describeRule({ id, severity, category, title, why }: RuleDescription) {
  return {
    id,
    name: id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: why, markdown: why },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: [category],
      severity,
      ...(category === "security" ? { "security-severity": securitySeverities[severity] } : {}),
    },
  };
}

function describeFinding(finding: Finding, rules: readonly RuleDescription[]) {
  const { ruleId, severity, path, startLine, line, title, body } = finding;
  const ruleIndex = rules.findIndex(({ id }) => id === ruleId);
  return {
    ...(ruleId === null ? {} : { ruleId }),
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: levels[severity],
    message: { text: `${title}\n\n${body}`, markdown: `**${title}**\n\n${body}` },
    locations: [
      { physicalLocation: { artifactLocation: artifact(path), region: { startLine, endLine: line } } },
    ],
    ...fixes(finding),
    properties: { severity, category: finding.category },
  };
}

function fixes({ path, startLine, line, suggestion }: Finding) {
  if (suggestion === null) return {};
  const replacement = { deletedRegion: { startLine, endLine: line }, insertedContent: { text: suggestion } };
  const change = { artifactLocation: artifact(path), replacements: [replacement] };
  return { fixes: [{ description: { text: "Suggested replacement" }, artifactChanges: [change] }] };
}

/** What was not reviewed is said, so that no finding in a file is never taken for a clean file. */
function coverage({ notReviewed }: Report) {
  return notReviewed.map(({ path, reason }) => ({
    level: "note",
    descriptor: { id: `not-reviewed/${reason}` },
    message: { text: `Not reviewed: ${reason.replaceAll("_", " ")}` },
    locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
  }));
}

function configurationNotes({ configuration }: Report) {
  if (configuration === null) return [];
  const { path, problems, warnings } = configuration;
  const note = (level: "error" | "warning", { line, message }: (typeof problems)[number]) => ({
    level,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: artifact(path), region: { startLine: line } } }],
  });
  return [...problems.map((one) => note("error", one)), ...warnings.map((one) => note("warning", one))];
}

/** Relative to the repository's root, as a URI reference. */
function artifact(path: string) {
  return { uri: path.split("/").map(encodeURIComponent).join("/") };
}
