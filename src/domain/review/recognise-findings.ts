/** Tells what was said on the pull request before from what is new. */
import type { Origin } from "../../adapters/postgres/findings.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { type Identity, identify } from "./fingerprint.ts";
import { matchOrigins, type Renames } from "./match-origins.ts";
import { type MergedFinding, mergeFindings } from "./merge-findings.ts";
import { compareRank } from "./rank-findings.ts";
import type { ReadBefore } from "./reviewed-lines.ts";
import type { ShownFiles } from "./shown-lines.ts";

/** A finding and everything that was merged into it. */
export interface Candidate extends Finding, Identity {
  readonly reportedBy: MergedFinding["reportedBy"];
  /** Indexes of what was found; none of what is carried. */
  readonly members: readonly number[];
  /** What it may be known by. */
  readonly faces: readonly (Finding & Identity)[];
  /** It is about lines that were read before. */
  readonly isUnchanged: boolean;
}

export interface Recognised {
  readonly candidate: Candidate;
  /** Said before, and open or dismissed; also one that seemed gone, although nothing in its file had changed. */
  readonly origin: Origin | null;
  /** It was said, then gone, and a change brought it back. */
  readonly isRegression: boolean;
}

export interface Surroundings {
  readonly shownFiles: ShownFiles;
  readonly renames: Renames;
  readonly readBefore: ReadBefore;
}

/** @returns most important first */
export function recogniseFindings(
  found: readonly Finding[],
  origins: readonly Origin[],
  around: Surroundings,
): readonly Recognised[] {
  const { renames, readBefore } = around;
  const ranked = mergeFindings(found)
    .map((merged) => toCandidate(merged, found, around))
    .sort(compareRank);
  const present = origins.filter(({ state }) => state !== "gone");
  const matched = matchOrigins(ranked, present, renames);
  const others = ranked.filter((_, at) => !matched.has(at));
  const absent = origins.filter(({ state }) => state === "gone");
  const returned = matchOrigins(others, absent, renames);
  const cameBack = new Map(others.map((candidate, at) => [candidate, returned.get(at)]));
  return ranked.map((candidate, at) => {
    const origin = matched.get(at) ?? null;
    const gone = cameBack.get(candidate);
    if (!gone) return { candidate, origin, isRegression: false };
    const wasMissed = readBefore.isFileUnchanged(candidate.path, candidate.reportedBy);
    return { candidate, origin: wasMissed ? gone : null, isRegression: !wasMissed };
  });
}

/** Known by the lines of the reviewer whose words are kept: whether others join in varies from push to push. */
function toCandidate(
  { finding, reportedBy, members }: MergedFinding,
  found: readonly Finding[],
  { shownFiles, readBefore }: Surroundings,
): Candidate {
  const shown = shownFiles.get(finding.path);
  const faces = members.flatMap((index) => {
    const member = found[index];
    return member ? [{ ...member, ...identify(member, shown) }] : [];
  });
  const { fingerprint, anchor } = faces[0] ?? identify(finding, shown);
  const isUnchanged = readBefore.isUnchanged(finding, reportedBy);
  return { ...finding, fingerprint, anchor, reportedBy, members, faces, isUnchanged };
}
