/** What a review needs to know of those before it. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { findOrigins, findSuppressedFindings } from "../../adapters/postgres/findings.ts";
import { findReviewedLines } from "../../adapters/postgres/reviewed-lines.ts";
import { findSuppressions } from "../../adapters/postgres/suppressions.ts";
import type { Memory } from "./decide-findings.ts";

export async function loadMemory(
  tx: Tx,
  where: { readonly pullRequestId: string; readonly exceptTaskId: string },
): Promise<Memory> {
  const lines = await findReviewedLines(tx, where);
  return {
    origins: await findOrigins(tx, where),
    reviewedLines: lines && Buffer.from(lines).toString("base64"),
    suppressions: await findSuppressions(tx, where.pullRequestId),
    suppressedBefore: await findSuppressedFindings(tx, where),
  };
}
