/**
 * What is said of what the reviewers found, and where: one verdict a finding, with its reason. Pure, so that the same
 * reviews, memory and configuration give the same verdicts again.
 */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { FindingRow, Origin, SuppressedFinding } from "../../adapters/postgres/findings.ts";
import type { Suppression } from "../../adapters/postgres/suppressions.ts";
import { type Finding, type ReviewerName, severities } from "../../adapters/reviewer/reviewer.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { NamedReview } from "./coverage.ts";
import { type Identity, identify } from "./fingerprint.ts";
import type { Renames } from "./match-origins.ts";
import { type Disposition, type Placement, placeFindings } from "./place-findings.ts";
import { compareRank } from "./rank-findings.ts";
import { type Candidate, type Recognised, recogniseFindings } from "./recognise-findings.ts";
import { recallLines } from "./reviewed-lines.ts";
import { type Settled, settleOrigins } from "./settle-origins.ts";
import { type ShownFiles, showFiles } from "./shown-lines.ts";
import { isSuppressed, suppressedKey } from "./suppress.ts";

/** What is known of earlier reviews, and of what people made of them. Plain JSON, since it is kept with the record of the run. */
export interface Memory {
  /** What was said on the pull request. */
  readonly origins: readonly Origin[];
  /** What the last posted review remembered of the lines it read, in base64; null: none was posted. */
  readonly reviewedLines: string | null;
  /** In force for its repository. */
  readonly suppressions: readonly Suppression[];
  /** What one held back at the last review: once it is over, that is said although its lines were read before. */
  readonly suppressedBefore: readonly SuppressedFinding[];
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
  const around = { shownFiles, renames, readBefore };
  const recognised = recogniseFindings(found, memory.origins, around);
  const foundAgain = recognised.flatMap(({ origin, candidate }) =>
    origin ? [{ origin, at: candidate.faces[0] ?? candidate }] : [],
  );
  const said = new Set(foundAgain.map(({ origin }) => origin.originId));
  const unsaid = memory.origins.filter(({ state, originId }) => state === "open" && !said.has(originId));
  const settled = settleOrigins(unsaid, { ...around, reviews, foundAgain });
  const carried = settled.filter((one) => one.kind === "carried");
  const judged = judge(recognised, material);
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

type Fate =
  | { readonly kind: "repeated"; readonly originId: string }
  | { readonly kind: "withheld"; readonly why: WithheldReason; readonly originId: string | null }
  | Placement;

interface Judged extends Candidate {
  readonly fate: Fate;
}

function judge(recognised: readonly Recognised[], material: Material): readonly Judged[] {
  const suppressedBefore = new Set(material.memory.suppressedBefore.map(suppressedKey));
  const silenced = recognised.map((one) => ({
    ...one,
    silence: silence(one, material, suppressedBefore.has(suppressedKey(one.candidate))),
  }));
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
  { configuration, scope, memory }: Material,
  wasSuppressed: boolean,
): Fate | null {
  if (origin?.state === "dismissed") {
    return { kind: "withheld", why: "dismissed", originId: origin.originId };
  }
  if (origin) return { kind: "repeated", originId: origin.originId };
  const least = severities.indexOf(configuration.severityThreshold);
  if (severities.indexOf(candidate.severity) > least) {
    return { kind: "withheld", why: "below_threshold", originId: null };
  }
  const mayBeOld = scope === "full" || isRegression || wasSuppressed;
  if (!mayBeOld && candidate.isUnchanged) {
    return { kind: "withheld", why: "unchanged_lines", originId: null };
  }
  if (!isSuppressed(candidate, memory.suppressions)) return null;
  return { kind: "withheld", why: "suppressed", originId: null };
}

function carry({ origin, at }: Decided["carried"][number], shownFiles: ShownFiles): Judged {
  const { originId, state: _, ...finding } = { ...origin, ...at };
  const identity = at ? identify(finding, shownFiles.get(at.path)) : {};
  const known = { ...finding, ...identity, members: [], faces: [], isUnchanged: true };
  return { ...known, fate: { kind: "repeated", originId } };
}

type Identified = Judged & { readonly id: string };

function withId(finding: Judged, id: string): Identified {
  return { ...finding, id };
}

function toDecided(identified: Identified): DecidedFinding {
  const { fate, members: _members, faces: _faces, isUnchanged: _unchanged, ...finding } = identified;
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
