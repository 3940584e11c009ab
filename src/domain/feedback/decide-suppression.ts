/**
 * A person decides what was proposed: approves it for a time, or refuses it. Either can be taken back by the other while
 * its time runs.
 */
import type { Db } from "../../adapters/postgres/connect.ts";
import { findSuppressionView } from "../../adapters/postgres/suppression-views.ts";
import {
  type Decision,
  type SuppressionState,
  settleSuppression,
} from "../../adapters/postgres/suppressions.ts";

/** How long one holds where nobody says, and how long after a refusal the same is not proposed. */
export const decisionDays = 90;

export type DecisionRefusal = "already_approved" | "already_refused" | "expired";

/** Null: it is as was decided. Otherwise it was so before, somebody else decided at the same moment, or it is over. */
export async function decideSuppression(
  { db }: { readonly db: Db },
  id: string,
  decision: Decision,
): Promise<DecisionRefusal | "unknown" | null> {
  const before = await findSuppressionView(db, id, null);
  if (!before) return "unknown";
  const isOpen = before.state !== decision.state && before.state !== "expired";
  if (isOpen && (await settleSuppression(db, id, before.state, decision))) return null;
  const found = await findSuppressionView(db, id, null);
  if (!found) return "unknown";
  const isOver = isOpen && found.state === before.state;
  return isOver ? "expired" : refusals[found.state];
}

const refusals: Readonly<Record<SuppressionState, DecisionRefusal>> = {
  proposed: "expired",
  approved: "already_approved",
  refused: "already_refused",
  expired: "expired",
};
