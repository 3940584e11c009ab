/** How good reviews are on /metrics, as last read: of a bounded number of repositories, categories and versions. */
import type { Db } from "../../adapters/postgres/connect.ts";
import {
  type FindingQuality,
  type FirstComments,
  qualityDimensions,
  readFindingQuality,
  readFirstComments,
} from "../../adapters/postgres/review-quality.ts";
import { suppressions } from "../../adapters/postgres/schema.ts";
import { countSuppressions } from "../../adapters/postgres/suppression-views.ts";
import type { SuppressionState } from "../../adapters/postgres/suppressions.ts";
import { createReadingGauges, one } from "./reading-gauges.ts";

/** Votes come in by the hour; it reads a week's findings and what was given to them. */
export const qualityReadMs = 300_000;

interface Quality {
  readonly findings: readonly FindingQuality[];
  readonly first: readonly FirstComments[];
  readonly suppressed: ReadonlyMap<SuppressionState, number>;
}

const { show, add } = createReadingGauges<Quality>(2 * qualityReadMs);
const outcomes = ["posted", "repeated", "liked", "disliked", "resolved", "dismissed"] as const;

for (const dimension of qualityDimensions) {
  add(
    `findings_by_${dimension}`,
    `Findings of the last 7 days by ${dimension}: posted, repeated; those whose comment is liked, disliked, resolved, dismissed.`,
    ({ findings }) =>
      findings
        .filter((found) => found.dimension === dimension)
        .flatMap((found) =>
          outcomes.map((outcome) => [{ [dimension]: found.name, outcome }, found[outcome]] as const),
        ),
    [dimension, "outcome"],
  );
  add(
    `time_to_first_comment_by_${dimension}_seconds`,
    `From what asked for a review to its first inline comment by ${dimension}, in the last 24 hours.`,
    ({ first }) =>
      quantilesOf(first, dimension).map(([name, quantile, seconds]) => [
        { [dimension]: name, quantile },
        seconds,
      ]),
    [dimension, "quantile"],
  );
}
add("reviews_commented_last_day", "Reviews whose inline comments were posted within 24 hours.", ({ first }) =>
  one(first.find(({ dimension }) => dimension === null)?.reviews ?? 0),
);
add(
  "time_to_first_comment_seconds",
  "From the webhook, or whatever asked for the review, to its first inline comment, in the last 24 hours.",
  ({ first }) => quantilesOf(first, null).map(([, quantile, seconds]) => [{ quantile }, seconds]),
  ["quantile"],
);
add(
  "suppressions",
  "Suppressions of rules and categories by state: proposed, approved (in force), refused, expired.",
  ({ suppressed }) =>
    suppressions.state.enumValues.map((state) => [{ state }, suppressed.get(state) ?? 0] as const),
  ["state"],
);

export async function readQuality(db: Db, signal: AbortSignal): Promise<void> {
  show(
    {
      findings: await readFindingQuality(db),
      first: await readFirstComments(db),
      suppressed: await countSuppressions(db),
    },
    signal,
  );
}

function quantilesOf(first: Quality["first"], wanted: FirstComments["dimension"]) {
  return first
    .filter(({ dimension }) => dimension === wanted)
    .flatMap(({ name, seconds }) =>
      Object.entries(seconds).map(([quantile, value]) => [name, quantile, value] as const),
    );
}
