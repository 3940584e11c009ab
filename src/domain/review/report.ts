/** Everything a review says, read from what is stored of it: summary and check are made of this, each time anew. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { type FindingRow, findFindings } from "../../adapters/postgres/findings.ts";
import { type ModelSpending, sumModelCalls } from "../../adapters/postgres/model-calls.ts";
import type { Coverage } from "../../adapters/postgres/publications.ts";
import { type EarlierReview, findEarlierReviews } from "../../adapters/postgres/pull-request-place.ts";
import type { ReviewFacts } from "../../adapters/postgres/review-facts.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { Disposition } from "./place-findings.ts";

export type SaidFinding = Finding & { readonly disposition: Exclude<Disposition, "withheld"> };

type WithheldReason = NonNullable<FindingRow["withheldReason"]>;

export interface Report {
  readonly headSha: string;
  /** In the order they are shown in, most severe first. */
  readonly findings: readonly SaidFinding[];
  /** How many findings are not said, by reason. */
  readonly withheld: Readonly<Partial<Record<WithheldReason, number>>>;
  readonly coverage: Coverage;
  readonly facts: ReviewFacts;
  readonly spent: ModelSpending;
  /** Newest first. */
  readonly earlier: readonly EarlierReview[];
}

/** Earlier reviews that are told of. */
const historyLimit = 50;

export async function readReport(
  tx: Tx,
  task: { readonly taskId: string; readonly pullRequestId: string; readonly headSha: string },
  { coverage, facts }: Pick<Report, "coverage" | "facts">,
): Promise<Report> {
  const { taskId, pullRequestId, headSha } = task;
  const found = await findFindings(tx, taskId);
  const earlier = await findEarlierReviews(tx, { pullRequestId, exceptTaskId: taskId, limit: historyLimit });
  const spent = await sumModelCalls(tx, taskId);
  const findings = found.flatMap(({ disposition, ...finding }): SaidFinding[] =>
    disposition === "withheld" ? [] : [{ ...finding, disposition }],
  );
  return { headSha, findings, withheld: countWithheld(found), coverage, facts, spent, earlier };
}

function countWithheld(found: readonly FindingRow[]): Report["withheld"] {
  const counts: Partial<Record<WithheldReason, number>> = {};
  for (const { withheldReason: reason } of found) if (reason) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
