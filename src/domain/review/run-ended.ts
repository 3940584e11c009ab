/** Ends a run from within, with an outcome that is no failure: it lost its fence, or it shall stop. */
import type { RunOutcome } from "../task/settlement.ts";

/** Caught by runReview and, for what somebody else is writing, by the outbox. */
export class RunEnded extends Error {
  override readonly name = "RunEnded";
  readonly outcome: RunOutcome;

  constructor(outcome: RunOutcome) {
    super(`the run ends: ${outcome.kind}`);
    this.outcome = outcome;
  }
}
