/** What is kept of a review with its summary, beside its findings and its coverage. */
import type { ReviewerName, Severity } from "../reviewer/reviewer.ts";
import type { Suppression } from "./suppressions.ts";

/** Why rules alone reviewed where the model was asked for, too. */
export type FallbackReason = "not_set_up" | "unreachable" | "unusable";

export interface ReviewFacts {
  /** Those that reviewed. */
  readonly reviewers: readonly ReviewerName[];
  /** Why the model did not review although it was asked for; null: it did, or was not asked for. */
  readonly fallback: FallbackReason | null;
  /** A model is configured, and none is set up. Reviews stored before this was kept have nothing here. */
  readonly modelMissing?: boolean;
  readonly gate: "off" | Severity;
  /** The repository's configuration file; null: there is none. */
  readonly configurationPath: string | null;
  readonly configurationProblems: readonly ToldProblem[];
  /** What has no effect in it, though it is valid. */
  readonly configurationWarnings: readonly ToldProblem[];
  readonly guidanceUsed: boolean;
  /** Of the files that were reviewed, as many as may be told. */
  readonly reviewedPaths: readonly string[];
  /** What earlier reviews said and this one did not find any more. */
  readonly gone: readonly GoneFinding[];
  /** What held findings of this review back. */
  readonly suppressions: readonly Suppression[];
}

interface ToldProblem {
  /** Null: it is about the owner's settings. */
  readonly line: number | null;
  readonly message: string;
}

interface GoneFinding {
  readonly path: string;
  readonly line: number;
  readonly severity: Severity;
  readonly title: string;
}
