/**
 * What is said of what the reviewers found, and where: one verdict a finding, with its reason. Pure, so that the same
 * reviews, memory and configuration give the same verdicts again.
 */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { FindingRow, Origin } from "../../adapters/postgres/findings.ts";
import { type Finding, type ReviewerName, severities } from "../../adapters/reviewer/reviewer.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { NamedReview } from "./coverage.ts";
import { type Identity, identify } from "./fingerprint.ts";
import { matchOrigins, type Renames } from "./match-origins.ts";
import { type MergedFinding, mergeFindings } from "./merge-findings.ts";
import { type Disposition, type Placement, placeFindings } from "./place-findings.ts";
import { compareRank } from "./rank-findings.ts";
import { type ReadBefore, recallLines } from "./reviewed-lines.ts";
import { type Settled, settleOrigins } from "./settle-origins.ts";
import { type ShownFiles, showFiles } from "./shown-lines.ts";

/** What is known of earlier reviews of the pull request. Plain JSON, since it is kept with the record of the run. */
export interface Memory {
  readonly origins: readonly Origin[];
  /** What the last posted review remembered of the lines it read, in base64; null: none was posted. */
  readonly reviewedLines: string | null;
}

export interface Material {
  readonly files: readonly FileDiff[];
  readonly reviews: readonly NamedReview[];
  readonly memory: Memory;
  readonly configuration: Pick<Configuration, "severityThreshold" | "commentBudget">;
  /** `full`: what was read before may be commented, too. */
  readonly scope: "changes" | "full";
  /** Asked once for each of the decided findings, in their order. */
  readonly newId: () => string;
  /** 16 random bytes; only the first review of a pull request uses them. */
  readonly salt: Uint8Array;
}

export type WithheldReason = NonNullable<FindingRow["withheldReason"]>;

/** Of one finding as a reviewer reported it. */
export type Verdict =
  | (Placement & { readonly findingId: string })
  | { readonly kind: "repeated"; readonly findingId: string; readonly originId: string }
  | { readonly kind: "withheld"; readonly findingId: string; readonly why: WithheldReason }
  /** Said in the words of another, `into` being its index among what was found. */
  | { readonly kind: "merged"; readonly findingId: string; readonly into: number };

export interface DecidedFinding extends Finding, Identity {
  readonly id: string;
  readonly reportedBy: readonly [ReviewerName, ...ReviewerName[]];
  readonly disposition: Disposition;
  readonly withheldReason: WithheldReason | null;
  /** The first finding of the same problem; its own id where it is new. */
  readonly originId: string;
}

export interface Decided {
  /** Every finding but those merged into another, most severe first; also those that stay open unreported. */
  readonly findings: readonly DecidedFinding[];
  /** One for each of what was found, in that order. */
  readonly verdicts: readonly Verdict[];
  /** Said before, and neither found nor carried: their threads may end. */
  readonly gone: readonly Extract<Settled, { kind: "gone" }>[];
  /** Said before and still open, though nobody said so this time; they are among the findings as `repeated`. */
  readonly carried: readonly Extract<Settled, { kind: "carried" }>[];
  /** To be remembered, once the review is posted. */
  readonly reviewedLines: Uint8Array;
}

export function decideFindings(found: readonly Finding[], material: Material): Decided {
  const { files, memory, reviews } = material;
  const shownFiles = showFiles(files);
  const renames: Renames = new Map(
    files.flatMap(({ oldPath, path }) => (oldPath === null ? [] : [[oldPath, path]])),
  );
  const remembered = memory.reviewedLines === null ? null : Buffer.from(memory.reviewedLines, "base64");
  const readBefore = recallLines(shownFiles, remembered, material.salt);
  const candidates = mergeFindings(found).map((merged) => toCandidate(merged, found, shownFiles));
  const recognised = recognise(candidates, memory.origins, { renames, readBefore });
  const said = new Set(recognised.map(({ origin }) => origin?.originId));
  const unsaid = memory.origins.filter(({ state, originId }) => state === "open" && !said.has(originId));
  const settled = settleOrigins(unsaid, { shownFiles, renames, reviews, readBefore });
  const carried = settled.filter((one) => one.kind === "carried");
  const judged = judge(recognised, material, readBefore);
  const findings = [...judged, ...carried.map((one) => carry(one, shownFiles))]
    .sort(compareRank)
    .map((finding) => withId(finding, material.newId()));
  return {
    findings: findings.map(toDecided),
    verdicts: tellVerdicts(found, findings),
    gone: settled.filter((one) => one.kind === "gone"),
    carried,
    reviewedLines: readBefore.remember(reviews),
  };
}

/** A finding and everything that was merged into it. */
interface Candidate extends Finding, Identity {
  readonly reportedBy: MergedFinding["reportedBy"];
  /** Indexes of what was found; none of what is carried. */
  readonly members: readonly number[];
  readonly faces: readonly (Finding & Identity)[];
}

/** Known by the lines of the reviewer whose words are kept: whether others join in varies from push to push. */
function toCandidate(
  { finding, reportedBy, members }: MergedFinding,
  found: readonly Finding[],
  shownFiles: ShownFiles,
): Candidate {
  const shown = shownFiles.get(finding.path);
  const faces = members.flatMap((index) => {
    const member = found[index];
    return member ? [{ ...member, ...identify(member, shown) }] : [];
  });
  const { fingerprint, anchor } = faces[0] ?? identify(finding, shown);
  return { ...finding, fingerprint, anchor, reportedBy, members, faces };
}

interface Recognised {
  readonly candidate: Candidate;
  /** Said before, and open or dismissed; also one that seemed gone, although nothing in its file had changed. */
  readonly origin: Origin | null;
  /** It was said, then gone, and a change brought it back. */
  readonly isRegression: boolean;
}

function recognise(
  candidates: readonly Candidate[],
  origins: readonly Origin[],
  { renames, readBefore }: { readonly renames: Renames; readonly readBefore: ReadBefore },
): readonly Recognised[] {
  const ranked = [...candidates].sort(compareRank);
  const present = origins.filter(({ state }) => state !== "gone");
  const matched = matchOrigins(
    ranked.map(({ faces }) => faces),
    present,
    renames,
  );
  const others = ranked.filter((_, at) => !matched.has(at));
  const returned = matchOrigins(
    others.map(({ faces }) => faces),
    origins.filter(({ state }) => state === "gone"),
    renames,
  );
  const cameBack = new Map(others.map((candidate, at) => [candidate, returned.get(at)]));
  return ranked.map((candidate, at) => {
    const origin = matched.get(at) ?? null;
    const gone = cameBack.get(candidate);
    if (!gone) return { candidate, origin, isRegression: false };
    const wasMissed = readBefore.isFileUnchanged(candidate.path, candidate.reportedBy);
    return { candidate, origin: wasMissed ? gone : null, isRegression: !wasMissed };
  });
}

type Fate =
  | { readonly kind: "repeated"; readonly originId: string }
  | { readonly kind: "withheld"; readonly why: WithheldReason; readonly originId: string | null }
  | Placement;

interface Judged extends Candidate {
  readonly fate: Fate;
}

function judge(
  recognised: readonly Recognised[],
  material: Material,
  readBefore: ReadBefore,
): readonly Judged[] {
  const silenced = recognised.map((one) => ({ ...one, silence: silence(one, material, readBefore) }));
  const fresh = silenced.flatMap(({ candidate, silence }) => (silence === null ? [candidate] : []));
  const placed = placeFindings(fresh, material.files, material.configuration.commentBudget);
  return [
    ...silenced.flatMap(({ candidate, silence }) =>
      silence === null ? [] : [{ ...candidate, fate: silence }],
    ),
    ...placed.map(({ finding, placement }) => ({ ...finding, fate: placement })),
  ];
}

/** Null: it is said. */
function silence(
  { candidate, origin, isRegression }: Recognised,
  { configuration, scope }: Material,
  readBefore: ReadBefore,
): Fate | null {
  if (origin?.state === "dismissed") {
    return { kind: "withheld", why: "dismissed", originId: origin.originId };
  }
  if (origin) return { kind: "repeated", originId: origin.originId };
  const least = severities.indexOf(configuration.severityThreshold);
  if (severities.indexOf(candidate.severity) > least) {
    return { kind: "withheld", why: "below_threshold", originId: null };
  }
  const mayBeOld = scope === "full" || isRegression;
  if (mayBeOld || !readBefore.isUnchanged(candidate, candidate.reportedBy)) return null;
  return { kind: "withheld", why: "unchanged_lines", originId: null };
}

function carry({ origin, at }: Decided["carried"][number], shownFiles: ShownFiles): Judged {
  const { originId, state: _, ...finding } = { ...origin, ...at };
  const shown = shownFiles.get(at.path);
  const identity = shown && shown.lines.length > 0 ? identify(finding, shown) : origin;
  const { fingerprint, anchor } = identity;
  return { ...finding, fingerprint, anchor, members: [], faces: [], fate: { kind: "repeated", originId } };
}

type Identified = Judged & { readonly id: string };

function withId(finding: Judged, id: string): Identified {
  return { ...finding, id };
}

function toDecided(identified: Identified): DecidedFinding {
  const { fate, members: _members, faces: _faces, ...finding } = identified;
  const known = fate.kind === "repeated" || fate.kind === "withheld" ? fate.originId : null;
  const withheldReason = fate.kind === "withheld" ? fate.why : null;
  return { ...finding, disposition: fate.kind, withheldReason, originId: known ?? finding.id };
}

function tellVerdicts(found: readonly Finding[], findings: readonly Identified[]): readonly Verdict[] {
  const verdicts = new Map<number, Verdict>();
  for (const { id, fate, members } of findings) {
    const [kept, ...others] = members;
    if (kept === undefined) continue;
    verdicts.set(kept, tellFate(fate, id));
    for (const index of others) verdicts.set(index, { kind: "merged", findingId: id, into: kept });
  }
  return found.map((_, index) => {
    const verdict = verdicts.get(index);
    if (!verdict) throw new Error(`no verdict on finding ${index}`);
    return verdict;
  });
}

function tellFate(fate: Fate, findingId: string): Verdict {
  switch (fate.kind) {
    case "inline":
    case "summary":
      return { ...fate, findingId };
    case "repeated":
      return { kind: "repeated", findingId, originId: fate.originId };
    case "withheld":
      return { kind: "withheld", findingId, why: fate.why };
  }
}
