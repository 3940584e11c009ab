/** What a check comes to, and how checks that build on one another are run. */
import { ReviewdError } from "../../errors.ts";

/** `warning`: it works, but not as well or not for long. `skipped`: nothing was given to look at. */
export type Status = "ok" | "warning" | "failed" | "skipped";

export interface Verdict {
  readonly status: Status;
  readonly says: string;
  /** What to do about it; null where nothing is to be done, or `says` says it. */
  readonly todo: string | null;
}

export interface Result extends Verdict {
  readonly check: string;
}

export const ok = (says: string): Verdict => ({ status: "ok", says, todo: null });
export const warning = (says: string, todo: string): Verdict => ({ status: "warning", says, todo });
export const failed = (says: string, todo: string | null): Verdict => ({ status: "failed", says, todo });
export const skipped = (says: string, todo: string | null = null): Verdict => ({
  status: "skipped",
  says,
  todo,
});

/** What checks look at, or why there is nothing to look at. */
export type Given<Subject> = { readonly value: Subject } | { readonly verdict: Verdict };

export interface Check<Subject> {
  readonly check: string;
  readonly examine: (subject: Subject) => Promise<Verdict>;
  /** Those after it are skipped unless it is well. */
  readonly isNeeded?: true;
}

/** Runs them in order. Where nothing is given, the first one says why. */
export async function* runChecks<Subject>(
  given: Given<Subject>,
  checks: readonly Check<Subject>[],
): AsyncGenerator<Result> {
  let missing: string | null = null;
  for (const { check, examine, isNeeded } of checks) {
    const verdict: Verdict =
      missing === null ? await examineGiven(given, examine) : skipped(`needs the check before: ${missing}`);
    yield { check, ...verdict };
    const isWell = verdict.status === "ok" || verdict.status === "warning";
    if (!isWell && (isNeeded || "verdict" in given)) missing ??= check;
  }
}

async function examineGiven<Subject>(
  given: Given<Subject>,
  examine: Check<Subject>["examine"],
): Promise<Verdict> {
  if ("verdict" in given) return given.verdict;
  try {
    return await examine(given.value);
  } catch (error) {
    return explain(error);
  }
}

const permissionDenied = "42501";

function explain(error: unknown): Verdict {
  if (error instanceof ReviewdError) return failed(error.message, null);
  // drizzle wraps what the driver throws.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && "code" in cause && cause.code === permissionDenied) {
    return skipped(`this login may not look: ${message}`, "run it with the login that owns the tables");
  }
  return failed(`unexpected: ${message}`, null);
}
