/**
 * The review_feedback table as webhooks fill it: replies, threads and dismissals. Deliveries come late, twice and in any
 * order; each statement leaves what the newest of them says.
 */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { uuidArray } from "./seats.ts";

/** A place on the forge, and the pull request it is on. */
export interface FeedbackPlace {
  readonly forge: string;
  readonly host: string;
  readonly pullRequestId: string;
}

/** Null: nobody knows who. */
export type Reactor = { readonly id: number; readonly login: string | null } | null;

/** Characters of a reply that are kept; the forge takes 65,536. */
const maxReplyChars = 4_000;

export interface Reply {
  readonly commentId: number;
  /** The first comment of its thread. */
  readonly threadId: number;
  readonly author: Reactor;
  readonly text: string;
  /** What an edit replaced: the forge's times are whole seconds, so two edits can have the same. */
  readonly formerText: string | null;
  /** Null: now. */
  readonly createdAt: string | null;
  readonly changedAt: string | null;
}

/** A reply that was deleted stays so. False: the thread is none of ours. */
export async function storeReply(tx: Tx, place: FeedbackPlace, reply: Reply): Promise<boolean> {
  const { author } = reply;
  const [ours] = await findInline(tx, place, [reply.threadId]);
  if (ours === undefined) return false;
  await tx.execute(sql`
    insert into review_feedback as stored
      (id, comment_id, kind, external_id, reactor_external_id, reactor_login, content, created_at, changed_at)
    values (${Bun.randomUUIDv7()}, ${ours}, 'reply', ${reply.commentId}, ${author?.id ?? null}, ${author?.login ?? null},
      left(${reply.text}, ${maxReplyChars}), coalesce(${reply.createdAt}::timestamptz, reviewd_now()),
      coalesce(${reply.changedAt}::timestamptz, reviewd_now()))
    on conflict (comment_id, kind, external_id) do update
      set content = excluded.content, changed_at = excluded.changed_at
      where stored.removed_at is null and (stored.changed_at < excluded.changed_at
        or (stored.changed_at = excluded.changed_at and stored.content = left(${reply.formerText}, ${maxReplyChars})))`);
  return true;
}

/**
 * Takes a reply back for good, and its text with it: it was deleted, or turned out to be a command. Known or not, so that
 * news of it that come later change nothing. False: the thread is none of ours.
 */
export async function removeReply(
  tx: Tx,
  place: FeedbackPlace,
  { commentId, threadId, author }: Pick<Reply, "commentId" | "threadId" | "author">,
): Promise<boolean> {
  const [ours] = await findInline(tx, place, [threadId]);
  if (ours === undefined) return false;
  await tx.execute(sql`
    insert into review_feedback as stored (id, comment_id, kind, external_id, reactor_external_id, reactor_login, content,
      created_at, changed_at, removed_at)
    values (${Bun.randomUUIDv7()}, ${ours}, 'reply', ${commentId}, ${author?.id ?? null}, ${author?.login ?? null}, '',
      reviewd_now(), reviewd_now(), reviewd_now())
    on conflict (comment_id, kind, external_id) do update
      set content = '', removed_at = excluded.removed_at
      where stored.removed_at is null`);
  return true;
}

/**
 * One row a comment, taken back while its thread is open. Of two changes in the same second, opening again counts as the
 * later one: a mistake is undone at once. False: the thread is none of ours.
 */
export async function storeThread(
  tx: Tx,
  place: FeedbackPlace,
  thread: {
    readonly commentIds: readonly number[];
    readonly isResolved: boolean;
    readonly by: Reactor;
    readonly changedAt: string | null;
  },
): Promise<boolean> {
  const { by, isResolved } = thread;
  const ours = await findInline(tx, place, thread.commentIds);
  if (ours.length === 0) return false;
  await tx.execute(sql`
    insert into review_feedback as stored
      (id, comment_id, kind, reactor_external_id, reactor_login, content, created_at, changed_at, removed_at)
    select id, comment_id, 'thread', ${by?.id ?? null}::bigint, ${by?.login ?? null}::text, 'resolved',
      changed_at, changed_at, case when ${isResolved}::boolean then null else changed_at end
    from unnest(${uuidArray(ours)}, ${uuidArray(newIds(ours))}) as one(comment_id, id),
      (select coalesce(${thread.changedAt}::timestamptz, reviewd_now()) as changed_at) as told
    on conflict (comment_id, kind) where kind in ('thread', 'dismissal') do update
      set reactor_external_id = excluded.reactor_external_id, reactor_login = excluded.reactor_login,
        created_at = excluded.created_at, changed_at = excluded.changed_at, removed_at = excluded.removed_at
      where stored.changed_at is null or stored.changed_at < excluded.changed_at
        or (stored.changed_at = excluded.changed_at and excluded.removed_at is not null)`);
  return true;
}

/** On each inline comment of one of our reviews: a dismissal is never taken back. False: the review is none of ours. */
export async function storeDismissal(
  tx: Tx,
  { pullRequestId }: FeedbackPlace,
  { reviewId, by }: { readonly reviewId: number; readonly by: Reactor },
): Promise<boolean> {
  const rows = await tx.execute<{ commentId: string | null }>(sql`
    select c.id as "commentId" from publications p
    left join review_comments c on c.publication_id = p.id and c.kind = 'inline'
    where p.pull_request_id = ${pullRequestId} and p.kind = 'review' and p.external_id = ${reviewId}
    order by c.id`);
  const ours = rows.flatMap(({ commentId }) => (commentId === null ? [] : [commentId]));
  await tx.execute(sql`
    insert into review_feedback (id, comment_id, kind, reactor_external_id, reactor_login, content, created_at)
    select id, comment_id, 'dismissal', ${by?.id ?? null}::bigint, ${by?.login ?? null}::text, 'dismissed', reviewd_now()
    from unnest(${uuidArray(ours)}, ${uuidArray(newIds(ours))}) as one(comment_id, id)
    on conflict (comment_id, kind) where kind in ('thread', 'dismissal') do nothing`);
  return rows.length > 0;
}

function newIds(of: readonly string[]): readonly string[] {
  return of.map(() => Bun.randomUUIDv7());
}

/** Also those that are gone: what people said to them was said. */
async function findInline(
  tx: Tx,
  { forge, host, pullRequestId }: FeedbackPlace,
  externalIds: readonly number[],
): Promise<readonly string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from review_comments
    where forge = ${forge} and host = ${host} and kind = 'inline' and pull_request_id = ${pullRequestId}
      and external_id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(externalIds)}::text::jsonb))
    order by id`);
  return rows.map(({ id }) => id);
}
