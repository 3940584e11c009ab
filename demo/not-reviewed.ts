/** What the demo ends with when the review is not what it tells of, as with a language model that cannot be used. */

export interface Task {
  readonly id: string;
  readonly head_sha: string;
  readonly status: string;
  readonly reason: string | null;
  /** What its last attempt failed with. */
  readonly error: string | null;
}

export class NotReviewed extends Error {
  override readonly name = "NotReviewed";

  constructor({ status, reason }: Task, usesModel: boolean) {
    const todo = usesModel
      ? "The language model did not review. Look whether MODELS, the key and the base URL are right (`reviewd doctor`, with\n" +
        "the same variables, asks the model), or unset MODELS to have the scripted one; then start again."
      : "The review did not complete.";
    super(`The task is ${status}, ${reason}.\n${todo}`);
  }
}

/** Whether waiting for its completion is over, for good or because somebody would have to act. */
export function isSettled({ status, reason }: Task): boolean {
  return status === "completed" || status === "failed" || reason === "action_required";
}

/** Whether it was reviewed as it should. */
export function isReviewed({ status, reason }: Task): boolean {
  return status === "completed" && reason !== "model_fallback";
}
