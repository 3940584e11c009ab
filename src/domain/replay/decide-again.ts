/** Decides again what a run decided, from what was recorded of it, and compares the outcomes byte for byte. */
import { createTwoFilesPatch } from "diff";
import type { FindingRow } from "../../adapters/postgres/findings.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import { type Decided, type DecidedFinding, decideFindings } from "../review/decide-findings.ts";
import {
  decidedJson,
  type RecordedDecision,
  type RecordedInput,
  type RecordedReviews,
} from "./run-record.ts";

export interface Recorded {
  readonly input: RecordedInput;
  readonly configuration: EffectiveConfiguration;
  readonly reviews: RecordedReviews;
  readonly decision: RecordedDecision;
}

/** With the ids the findings had. */
export function decideAgain({ input, configuration, reviews, decision }: Recorded): Decided {
  const ids = decision.decided.findings.map(({ id }) => id);
  let next = 0;
  return decideFindings(decision.found, {
    files: input.files,
    reviews: reviews.reviews,
    memory: decision.memory,
    configuration: configuration.values,
    scope: decision.scope,
    newId: () => ids[next++] ?? `another-${next}`,
    salt: Buffer.from(decision.salt, "base64"),
  });
}

export interface Comparison {
  /** What is compared. */
  readonly what: "answers" | "decision" | "findings";
  /** A patch from what is stored to what it would be now; null: they are the same. */
  readonly difference: string | null;
}

/** @param again as readAgain makes them; the order parts were answered in is not that of their findings */
export function compareAnswers({ reviews }: RecordedReviews, again: readonly Finding[]): Comparison {
  const byModel = reviews.find(({ reviewer }) => reviewer === "model")?.review.findings ?? [];
  const sorted = (findings: readonly Finding[]) =>
    findings.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return compare("answers", sorted(byModel), sorted(again));
}

export function compareDecisions(recorded: RecordedDecision, again: Decided): Comparison {
  return compare("decision", recorded.decided, decidedJson(again));
}

/** @param movedIds as findMoved */
export function compareFindings(
  rows: readonly FindingRow[],
  again: Decided,
  movedIds: ReadonlySet<string>,
): Comparison {
  const stored = rows.map((row) =>
    comparable(movedIds.has(row.id) ? { ...row, disposition: "inline" } : row),
  );
  return compare("findings", stored, again.findings.map(comparable));
}

/** Findings that were decided to be comments and are told in the summary: the forge did not take their comments. */
export function findMoved({ decided }: RecordedDecision, rows: readonly FindingRow[]): ReadonlySet<string> {
  const inline = new Set(
    decided.findings.filter(({ disposition }) => disposition === "inline").map(({ id }) => id),
  );
  return new Set(
    rows.filter(({ id, disposition }) => disposition === "summary" && inline.has(id)).map(({ id }) => id),
  );
}

/** What both have, in one order. */
function comparable(finding: FindingRow | DecidedFinding) {
  const { id, reviewer, ruleId, path, startLine, line, severity, category, title, body, suggestion } =
    finding;
  const { reportedBy, fingerprint, anchor, originId, disposition, withheldReason } = finding;
  return {
    ...{ id, reviewer, ruleId, path, startLine, line, severity, category, title, body, suggestion },
    ...{ reportedBy, fingerprint, anchor, originId, disposition, withheldReason },
  };
}

function compare(what: Comparison["what"], stored: unknown, again: unknown): Comparison {
  if (JSON.stringify(stored) === JSON.stringify(again)) return { what, difference: null };
  const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return { what, difference: createTwoFilesPatch("stored", "now", pretty(stored), pretty(again)) };
}
