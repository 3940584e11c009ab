/** What the parts' outcomes come to for the files of the diff. Pure. */
import type { NotReviewed, Review } from "../reviewer.ts";
import type { PartOutcome } from "./ask-parts.ts";
import { countChanged } from "./budget/part.ts";
import type { Plan } from "./budget/plan-review.ts";
import { ModelError } from "./model-client.ts";

type Coverage = Pick<Review, "reviewedPaths" | "notReviewed">;

/** Every file of the diff once; a changed line that is in no answered part counts as not read. */
export function measureReading(plan: Plan, outcomes: readonly PartOutcome<unknown>[]): Coverage {
  const read = new Map<string, number>();
  const causes = new Map<string, NotReviewed["reason"]>();
  for (const outcome of outcomes) {
    for (const { file, sections } of outcome.part.files) {
      const { path } = file;
      if (outcome.kind === "answered") read.set(path, (read.get(path) ?? 0) + countChanged(sections));
      else if (outcome.kind === "failed") causes.set(path, "model_failed");
      else if (!causes.has(path)) causes.set(path, "timed_out");
    }
  }
  const notReviewed = plan.planned.flatMap(({ path, changed }): NotReviewed[] => {
    const unread = changed - (read.get(path) ?? 0);
    if (unread === 0) return [];
    const reason = causes.get(path) ?? "over_budget";
    return [unread === changed ? { path, reason } : { path, reason, lines: unread }];
  });
  const missed = new Set(notReviewed.map(({ path }) => path));
  return {
    reviewedPaths: plan.planned.map(({ path }) => path).filter((path) => !missed.has(path)),
    notReviewed: [...plan.leftOut, ...notReviewed],
  };
}

/**
 * Where no part was answered there is no review: why not, as far as it decides what happens next. Null: there are
 * answers, or nothing was asked.
 */
export function findFailure(outcomes: readonly PartOutcome<unknown>[]): ModelError | null {
  if (outcomes.length === 0 || outcomes.some(({ kind }) => kind === "answered")) return null;
  const errors = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [outcome.error] : []));
  const [worst] = errors.toSorted((a, b) => urgency(a) - urgency(b));
  return worst ?? new ModelError("timed_out", "the model did not answer within the time of a review");
}

/** A wrong key is wrong for the next attempt, too; what may pass by itself is worth one. */
function urgency(error: ModelError): number {
  switch (error.code) {
    case "forbidden":
      return 0;
    case "rate_limited":
      return 1;
    case "unavailable":
      return 2;
    default:
      return 3;
  }
}
