/** The review_feedback table: what people did with what was posted. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { uuidArray } from "./seats.ts";
import { storableJson } from "./storable-json.ts";

/** A reaction as it stands at the forge. */
export interface SeenReaction {
  readonly commentId: string;
  /** The reaction's own id: reacting again gives a new one. */
  readonly externalId: number;
  /** Null for a deleted account or one the App may not see. */
  readonly reactorExternalId: number | null;
  readonly reactorLogin: string | null;
  readonly content: string;
  readonly createdAt: string;
}

export interface Reconciled {
  readonly added: number;
  /** Held to be gone once, and there again. */
  readonly returned: number;
  readonly removed: number;
}

/**
 * Makes the stored reactions of these comments equal to the ones seen, and touches no row that is right already.
 * Only for comments whose reactions were read to the end, locked by lockReadComments. Rows are looked up by
 * `any(array(select …))`, which Postgres takes for a few and so for the index: for a known hundred it reads the whole
 * table, up to a size at which that takes most of the time (with 60,000 rows 924 pages where nothing is new, not 77).
 */
export async function reconcileReactions(
  tx: Tx,
  commentIds: readonly string[],
  seen: readonly SeenReaction[],
): Promise<Reconciled> {
  const [counts] = await tx.execute<{ added: number; returned: number; removed: number }>(sql`
    with seen as (
      select * from jsonb_to_recordset(${storableJson(seen.map(withId))}::text::jsonb) as seen(
        "id" uuid, "commentId" uuid, "externalId" bigint, "reactorExternalId" bigint, "reactorLogin" text,
        "content" text, "createdAt" timestamptz)
    ), stored as materialized (
      select id, comment_id, external_id, removed_at from review_feedback
      where comment_id = any(array(select unnest(${uuidArray(commentIds)}))) and kind = 'reaction'
    ), added as (
      insert into review_feedback
        (id, comment_id, kind, external_id, reactor_external_id, reactor_login, content, created_at)
      select "id", "commentId", 'reaction', "externalId", "reactorExternalId", "reactorLogin", "content", "createdAt"
      from seen where not exists
        (select from stored where comment_id = "commentId" and external_id = "externalId")
      on conflict do nothing returning id
    ), returned as (
      update review_feedback set removed_at = null
      where id = any(array(select stored.id from stored join seen on comment_id = "commentId" and external_id = "externalId"
        where removed_at is not null))
      returning id
    ), removed as (
      update review_feedback set removed_at = reviewd_now()
      where id = any(array(select id from stored where removed_at is null and not exists
        (select from seen where "commentId" = comment_id and "externalId" = external_id)))
      returning id
    )
    select (select count(*) from added)::int as added, (select count(*) from returned)::int as returned,
      (select count(*) from removed)::int as removed`);
  return counts ?? { added: 0, returned: 0, removed: 0 };
}

function withId(reaction: SeenReaction) {
  return { ...reaction, id: Bun.randomUUIDv7() };
}
