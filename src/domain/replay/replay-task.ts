/** Makes a task's findings again from what was recorded of its run, and tells of each what became of it and why. */
import { type FindingRow, findFindings } from "../../adapters/postgres/findings.ts";
import { findTaskRecords } from "../../adapters/postgres/task-records.ts";
import { findTaskView, type TaskView } from "../../adapters/postgres/task-views.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { Context } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { Decided, Verdict } from "../review/decide-findings.ts";
import {
  type Comparison,
  compareAnswers,
  compareDecisions,
  compareFindings,
  decideAgain,
  findMoved,
  type Recorded,
} from "./decide-again.ts";
import { explainVerdict } from "./explain-verdict.ts";
import { readAgain } from "./read-again.ts";
import { type RecordedReviews, type RunRecord, unpackRun } from "./run-record.ts";

export interface Replay {
  readonly task: TaskView;
  readonly record: RunRecord;
  readonly outcome: ReplayOutcome;
}

export type ReplayOutcome =
  | {
      readonly kind: "replayed";
      /** One for each that a reviewer reported, as it is decided now. */
      readonly findings: readonly ReplayedFinding[];
      /** Said by earlier reviews and not reported this time. */
      readonly settled: readonly (Decided["gone"][number] | Decided["carried"][number])[];
      readonly comparisons: readonly Comparison[];
    }
  /** There is nothing to make findings of. */
  | { readonly kind: "not_replayed"; readonly why: string };

export interface ReplayedFinding {
  readonly finding: Finding;
  readonly verdict: Verdict;
  readonly why: string;
}

/** @throws ReviewdError not_found when there is no such task */
export async function replayTask({ db }: Pick<Context, "db">, taskId: string): Promise<Replay> {
  const task = await findTaskView(db, taskId, null);
  if (!task) throw new ReviewdError("not_found", `there is no task ${taskId}`);
  const record = await unpackRun(await findTaskRecords(db, taskId));
  return { task, record, outcome: replay(task, record, await findFindings(db, taskId)) };
}

function replay(task: TaskView, record: RunRecord, rows: readonly FindingRow[]): ReplayOutcome {
  const { input, configuration, reviews, decision } = record;
  if (!record.isReadable || !input || !configuration || !reviews || !decision) {
    return { kind: "not_replayed", why: sayWhatIsMissing(task, record) };
  }
  const recorded: Recorded = { input, configuration, reviews, decision };
  const again = decideAgain(recorded);
  const movedIds = findMoved(decision, rows);
  return {
    kind: "replayed",
    findings: decision.found.flatMap((finding, at): ReplayedFinding[] => {
      const verdict = again.verdicts[at];
      return verdict ? [{ finding, verdict, why: explainVerdict(verdict, { configuration, movedIds }) }] : [];
    }),
    settled: [...again.gone, ...again.carried],
    comparisons: [
      ...compareModel(record, reviews),
      compareDecisions(decision, again),
      compareFindings(rows, again, movedIds),
    ],
  };
}

/** None where no model's review was used. */
function compareModel(record: RunRecord, reviews: RecordedReviews): readonly Comparison[] {
  if (!reviews.reviews.some(({ reviewer }) => reviewer === "model")) return [];
  const again = readAgain(record);
  return again ? [compareAnswers(reviews, again)] : [];
}

function sayWhatIsMissing(task: TaskView, { isReadable, input, leftOut, reviews }: RunRecord): string {
  if (!isReadable) return "its run was recorded by another version of reviewd";
  const [tooLarge] = leftOut;
  if (tooLarge) {
    return `its ${tooLarge.kind} was not recorded: it is too large (${tooLarge.bytes.toLocaleString("en-US")} bytes)`;
  }
  if (input && !reviews)
    return `its review failed (${task.reason ?? task.status}): there are no findings to make again`;
  if (task.startedAt === null) return `it was never reviewed: it is ${task.status}`;
  return "nothing is recorded of its run; RECORD_RETENTION_DAYS says how long that is kept";
}
