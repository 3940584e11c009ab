/** A person decides what was proposed: approves it for a time, or refuses it, which also ends one in force. */
import type { Db } from "../../adapters/postgres/connect.ts";
import { findSuppressionView } from "../../adapters/postgres/suppression-views.ts";
import {
  approveProposal,
  refuseSuppression,
  type SuppressionState,
} from "../../adapters/postgres/suppressions.ts";

/** How long one holds where nobody says, and how long after a refusal the same is not proposed. */
export const decisionDays = 90;

export type DecisionRefusal = "already_approved" | "already_refused" | "expired";

export interface SuppressionDecision {
  readonly state: "approved" | "refused";
  /** How long it holds. */
  readonly days: number;
  /** Who decides, as it is shown. */
  readonly by: string;
}

/** Null: it is as was decided. Otherwise somebody else has decided, or it is over. */
export async function decideSuppression(
  { db }: { readonly db: Db },
  id: string,
  { state, ...decision }: SuppressionDecision,
): Promise<DecisionRefusal | "unknown" | null> {
  const decide = state === "approved" ? approveProposal : refuseSuppression;
  if (await decide(db, id, decision)) return null;
  const found = await findSuppressionView(db, id, null);
  return found ? refusals[found.state] : "unknown";
}

/** What is proposed can be decided, unless its time is up. */
const refusals: Readonly<Record<SuppressionState, DecisionRefusal>> = {
  proposed: "expired",
  approved: "already_approved",
  refused: "already_refused",
  expired: "expired",
};
