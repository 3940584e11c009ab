/** What commands put into the outbox, which publications.ts is about. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { Payloads } from "./publications.ts";
import { publications } from "./schema.ts";

export type NewCommandPublication = {
  [Kind in "reply" | "thread"]: {
    readonly id: string;
    readonly commandId: string;
    readonly pullRequestId: string;
    readonly kind: Kind;
    readonly payload: Payloads[Kind];
  };
}["reply" | "thread"];

/** In a repository that nothing is written to it is kept, and not posted. */
export async function insertCommandPublication(tx: Tx, publication: NewCommandPublication): Promise<void> {
  const state = sql`(select case r.review_mode when 'dry_run' then 'abandoned' else 'intended' end
    from pull_requests p join repositories r on r.id = p.repository_id where p.id = ${publication.pullRequestId})`;
  await tx.insert(publications).values({ ...publication, state });
}
