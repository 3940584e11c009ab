/** Replies to commands in the outbox, which publications.ts is about. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { Payloads } from "./publications.ts";
import { publications } from "./schema.ts";

export interface NewReply {
  readonly id: string;
  readonly commandId: string;
  readonly pullRequestId: string;
  readonly payload: Payloads["reply"];
}

/** In a repository that nothing is written to it is kept, and not posted. */
export async function insertReply(tx: Tx, reply: NewReply): Promise<void> {
  const state = sql`(select case r.review_mode when 'dry_run' then 'abandoned' else 'intended' end
    from pull_requests p join repositories r on r.id = p.repository_id where p.id = ${reply.pullRequestId})`;
  await tx.insert(publications).values({ ...reply, kind: "reply", state });
}
