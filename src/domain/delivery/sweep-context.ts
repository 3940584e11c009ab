/** What every part of a sweep is handed. */
import type { ForgeContext } from "../../context.ts";
import type { Intake } from "./intake.ts";

export interface SweepContext extends ForgeContext {
  readonly intake: Intake;
  /** Aborted when the sweep shall end soon; what is left is for the next one. */
  readonly signal: AbortSignal;
}

/** What a sweep found and did; added to as it goes on. */
export interface SweepCounts {
  /** Installations whose stored facts were not the forge's. */
  installations: number;
  /** Repositories that came or went without our hearing of it. */
  repositories: number;
  swept: number;
  pullRequests: number;
  queued: number;
  skipped: number;
  closed: number;
  /** An event came at the same moment; the next sweep sees what became of it. */
  raced: number;
  failedInstallations: number;
  failedRepositories: number;
  /** Installations left alone until their limit is reset. */
  resting: number;
}
