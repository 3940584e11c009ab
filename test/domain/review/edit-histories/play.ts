/** Reviews one diff after the other, each knowing what the ones before it posted. */
import type { FileDiff } from "../../../../src/adapters/git/diff.ts";
import type { Origin } from "../../../../src/adapters/postgres/findings.ts";
import type { NamedReview } from "../../../../src/domain/review/coverage.ts";
import {
  type Decided,
  type DecidedFinding,
  decideFindings,
  type Material,
  type Memory,
} from "../../../../src/domain/review/decide-findings.ts";
import { compareText } from "../../../../src/domain/review/rank-findings.ts";

export interface PlayedReview {
  readonly files: readonly FileDiff[];
  readonly before: Memory;
  readonly decided: Decided;
}

/** @param review of each diff, by its position */
export function playReviews(
  diffs: readonly (readonly FileDiff[])[],
  review: (files: readonly FileDiff[], push: number) => readonly NamedReview[],
): readonly PlayedReview[] {
  let memory: Memory = { origins: [], reviewedLines: null, suppressions: [], suppressedBefore: [] };
  let ids = 0;
  return diffs.map((files, push) => {
    const reviews = review(files, push);
    const before = memory;
    const decided = decideFindings(
      reviews.flatMap((one) => one.review.findings),
      materialOf({ files, reviews, memory, newId: () => `finding ${String(ids++).padStart(6, "0")}` }),
    );
    memory = remember(memory, decided);
    return { files, before, decided };
  });
}

export function materialOf(
  material: Pick<Material, "files" | "reviews" | "memory"> & Partial<Material>,
): Material {
  let ids = 0;
  return {
    configuration: { severityThreshold: "low", commentBudget: 25 },
    scope: "changes",
    newId: () => `id ${ids++}`,
    salt: new Uint8Array(16),
    ...material,
  };
}

/** As the database tells it once the review is posted; through JSON, as it is kept with the record of a run. */
export function remember(memory: Memory, { findings, reviewedLines }: Decided): Memory {
  const seen = new Map(findings.filter(isRemembered).map((finding) => [finding.originId, finding]));
  const earlier = new Map(memory.origins.map((origin) => [origin.originId, origin]));
  const gone = memory.origins
    .filter(({ originId }) => !seen.has(originId))
    .map((origin): Origin => ({ ...origin, state: origin.state === "dismissed" ? "dismissed" : "gone" }));
  const open = [...seen.values()].map((finding) => {
    const wasDismissed = earlier.get(finding.originId)?.state === "dismissed";
    return toOrigin(finding, wasDismissed ? "dismissed" : "open");
  });
  const origins = [...gone, ...open].sort((a, b) => compareText(a.originId, b.originId));
  const lines = Buffer.from(reviewedLines).toString("base64");
  const suppressedBefore = findings.filter(({ withheldReason }) => withheldReason === "suppressed");
  const next: Memory = { ...memory, origins, reviewedLines: lines, suppressedBefore };
  return JSON.parse(JSON.stringify(next));
}

function toOrigin(
  { id: _, disposition: _disposition, withheldReason: _reason, ...finding }: DecidedFinding,
  state: Origin["state"],
): Origin {
  return { ...finding, state };
}

function isRemembered({ disposition, withheldReason }: DecidedFinding): boolean {
  return disposition !== "withheld" || withheldReason === "dismissed";
}
