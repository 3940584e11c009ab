/**
 * What is said of what the reviewers found, and where: one verdict a finding, with its reason. Pure, so that the same
 * reviews, memory and configuration give the same verdicts again.
 */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { FindingRow } from "../../adapters/postgres/findings.ts";
import type { Finding, ReviewerName } from "../../adapters/reviewer/reviewer.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { type PlacedFinding, placeFindings } from "./place-findings.ts";

/** What is known of earlier reviews of the pull request. */
export interface Memory {
  /** Posted before, oldest first. */
  readonly posted: readonly FindingRow[];
}

export interface DecidedFinding extends PlacedFinding {
  readonly id: string;
  readonly reportedBy: readonly ReviewerName[];
  readonly anchor: string;
  /** The first finding of the same problem; its own id where it is new. */
  readonly originId: string;
}

export interface Decided {
  /** Every finding but those merged into another, most severe first. */
  readonly findings: readonly DecidedFinding[];
}

export function decideFindings(
  found: readonly Finding[],
  {
    files,
    memory,
  }: { readonly files: readonly FileDiff[]; readonly memory: Memory; readonly configuration: Configuration },
): Decided {
  const said = new Map<string, number>();
  const originOf = new Map<string, string>();
  for (const { fingerprint, originId } of memory.posted) {
    said.set(fingerprint, (said.get(fingerprint) ?? 0) + 1);
    originOf.set(fingerprint, originId);
  }
  const findings = placeFindings(found, files, said).map((finding): DecidedFinding => {
    const id = Bun.randomUUIDv7();
    const origin = finding.disposition === "repeated" ? originOf.get(finding.fingerprint) : undefined;
    return {
      ...finding,
      id,
      reportedBy: [finding.reviewer],
      anchor: finding.fingerprint,
      originId: origin ?? id,
    };
  });
  return { findings };
}
