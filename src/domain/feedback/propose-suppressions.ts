/** Proposes to suppress what people dislike, and lets lapse what is over. Nothing is suppressed before a person approves it. */
import { getDatabaseTime } from "../../adapters/postgres/clock.ts";
import type { Db } from "../../adapters/postgres/connect.ts";
import { listDisliked } from "../../adapters/postgres/subject-votes.ts";
import {
  expireOverdue,
  expireProposals,
  insertProposal,
  listStanding,
  lockSuppressions,
  refreshProposal,
} from "../../adapters/postgres/suppressions.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { decideProposals } from "./decide-proposals.ts";
import { evidenceOf } from "./suppression-evidence.ts";

/** Comments posted within it count. */
const windowDays = 90;
/** How long a proposal waits for somebody to decide. */
const undecidedDays = 90;
const maxUrls = 5;
const dayMs = 86_400_000;

export interface ProposalCounts {
  readonly proposed: number;
  readonly refreshed: number;
  readonly expired: number;
}

/** May be called again at any time, and by several: the votes say what is proposed, not how often that was asked. */
export async function proposeSuppressions({ db }: { readonly db: Db }): Promise<ProposalCounts> {
  const until = await getDatabaseTime(db);
  const window = { since: new Date(until.getTime() - windowDays * dayMs), until };
  // Before the lock: counting takes seconds where there are many comments, and a decision would wait for it.
  const counted = await listDisliked(db, window, maxUrls);
  return await inTransaction(db, async (tx) => {
    await lockSuppressions(tx);
    const overdue = await expireOverdue(tx);
    const { propose, refresh, expire } = decideProposals(counted, await listStanding(tx));
    for (const { id, votes } of refresh) await refreshProposal(tx, id, evidenceOf(votes, window));
    for (const votes of propose) await insertProposal(tx, votes, evidenceOf(votes, window), undecidedDays);
    const expired = await expireProposals(tx, expire);
    return { proposed: propose.length, refreshed: refresh.length, expired: overdue + expired };
  });
}
