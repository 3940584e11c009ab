/** What a run's failure means for its task. Decided by the error's code, never by its message. */
import { ModelError } from "../../adapters/reviewer/model/model-client.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import { modelNotSetUp } from "../review/ask-reviewers.ts";
import type { RunOutcome } from "./settlement.ts";

type FailureReason = Extract<RunOutcome, { kind: "failed" }>["reason"];

/** What a model does wrong for good. */
const modelReasons: Partial<Record<ModelError["outcome"], FailureReason>> = {
  invalid_output: "model_output_invalid",
  empty: "model_output_invalid",
  cut_off: "model_output_invalid",
  context_exceeded: "model_output_invalid",
  refused: "model_refused",
  unauthorized: "model_unauthorized",
  rejected: "model_rejected",
};

/** A failure nobody foresaw (a bug) is tried again, too, and ends as failed when the attempts are used up. */
export function outcomeOfError(error: unknown): RunOutcome {
  const text = error instanceof Error ? error.message : String(error);
  const byModel = error instanceof ModelError ? modelReasons[error.outcome] : undefined;
  if (byModel) return { kind: "failed", reason: byModel, error: text };
  if (!(error instanceof ReviewdError)) return { kind: "retry", reason: "retry", error: text };
  if (isTransient(error)) {
    const delay = error.retryAfterMs === undefined ? {} : { delayMs: error.retryAfterMs };
    return { kind: "retry", reason: "retry", error: text, ...delay };
  }
  if (error.reason === modelNotSetUp) return { kind: "failed", reason: modelNotSetUp, error: text };
  if (error.code === "forbidden") return { kind: "failed", reason: "permission_denied", error: text };
  if (error.code === "not_found") return { kind: "failed", reason: "pull_request_gone", error: text };
  return { kind: "failed", reason: "internal_error", error: text };
}
