/** The review_comments table as the poller's schedule: what is due, and what a reading changes. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import type { CommentKind } from "./review-comments.ts";
import { installations } from "./schema.ts";
import { uuidArray } from "./seats.ts";

export interface PollableInstallation {
  readonly id: string;
  readonly externalId: number;
}

/** Active installations that have comments due at this time. */
export async function findInstallationsToPoll(
  db: Db,
  poll: { readonly forge: string; readonly host: string; readonly dueAt: Date },
): Promise<readonly PollableInstallation[]> {
  return await db
    .select({ id: installations.id, externalId: installations.externalId })
    .from(installations)
    .where(
      sql`status = 'active' and forge = ${poll.forge} and host = ${poll.host} and exists (
        select from repositories r join review_comments c on c.repository_id = r.id
        where r.installation_id = installations.id and c.next_poll_at <= ${poll.dueAt.toISOString()}::timestamptz)`,
    )
    .orderBy(installations.id);
}

export interface DueComment {
  readonly id: string;
  readonly kind: CommentKind;
  readonly externalId: number;
  readonly nodeId: string;
  readonly postedAt: Date;
  readonly missingCount: number;
  /** When it comes due, as the database tells it: to the microsecond. */
  readonly plannedAt: string;
  readonly repositoryId: number;
  readonly fullName: string;
  readonly closedAt: Date | null;
}

/** Where a batch ended, in the order in which comments come due. */
export interface DuePlace {
  readonly dueAt: string;
  readonly id: string;
}

export interface DueBatch {
  readonly comments: readonly DueComment[];
  /** Come due soon; there are some only where the batch has room beside those that are due. */
  readonly early: readonly DueComment[];
  /** The database's time before the reading begins. */
  readonly readAt: Date;
  /** Null: there is no further batch. */
  readonly last: DuePlace | null;
}

/**
 * Comments of an installation due at a time, longest due first, and those that come due until `soon` and were not read
 * since: a batch costs the same however full it is. Takes nothing: a process that dies while reading
 * leaves them due, and `after` keeps one that could not be read from coming twice in a cycle. Of each repository only
 * so many are looked at as there may be in a batch, by the index alone: not what is due of other installations, nor
 * what was posted once and is not read any more.
 */
export async function findDueComments(
  db: Db,
  due: {
    readonly installationId: string;
    readonly dueAt: Date;
    readonly soon: Date;
    readonly after: DuePlace | null;
    readonly limit: number;
  },
): Promise<DueBatch> {
  const { after } = due;
  const dueAt = sql`${due.dueAt.toISOString()}::timestamptz`;
  const behind = after && sql`(next_poll_at, id) > (${after.dueAt}::timestamptz, ${after.id}::uuid)`;
  const rows = await db.execute<DueRow>(sql`
    with due as materialized (
      select of_repository.id from repositories r cross join lateral (
        select id, next_poll_at from review_comments
        where repository_id = r.id and next_poll_at <= ${due.soon.toISOString()}::timestamptz
          and (next_poll_at <= ${dueAt} or last_polled_at < ${dueAt}) and ${behind ?? sql`true`}
        order by next_poll_at, id limit ${due.limit}
      ) of_repository
      where r.installation_id = ${due.installationId}
      order by of_repository.next_poll_at, of_repository.id limit ${due.limit}
    )
    select c.id, c.kind, c.external_id, c.node_id, c.posted_at, c.missing_count, c.next_poll_at,
      c.next_poll_at <= ${dueAt} as is_due, r.external_id as repository_id, r.full_name, reviewd_now() as read_at,
      case when p.state = 'closed' then coalesce(p.closed_at, p.forge_updated_at) end as closed_at
    from due join review_comments c on c.id = due.id
    join pull_requests p on p.id = c.pull_request_id
    join repositories r on r.id = c.repository_id
    order by c.next_poll_at, c.id`);
  const isDue = rows.filter((row) => row.is_due);
  const last = isDue.length < due.limit ? undefined : isDue.at(-1);
  return {
    comments: isDue.map(toDueComment),
    early: rows.filter((row) => !row.is_due).map(toDueComment),
    readAt: new Date(rows[0]?.read_at ?? due.dueAt),
    last: last ? { dueAt: last.next_poll_at, id: last.id } : null,
  };
}

/** A row as the driver gives it: bigints and times are text. */
interface DueRow extends Record<string, unknown> {
  readonly id: string;
  readonly kind: CommentKind;
  readonly external_id: string;
  readonly node_id: string;
  readonly posted_at: string;
  readonly missing_count: number;
  readonly next_poll_at: string;
  readonly is_due: boolean;
  readonly repository_id: string;
  readonly full_name: string;
  readonly read_at: string;
  readonly closed_at: string | null;
}

function toDueComment(row: DueRow): DueComment {
  return {
    id: row.id,
    kind: row.kind,
    externalId: Number(row.external_id),
    nodeId: row.node_id,
    postedAt: new Date(row.posted_at),
    missingCount: row.missing_count,
    plannedAt: row.next_poll_at,
    repositoryId: Number(row.repository_id),
    fullName: row.full_name,
    closedAt: row.closed_at === null ? null : new Date(row.closed_at),
  };
}

/**
 * Locks those of the comments that what was read at `readAt` may be written for: not gone since, and not read
 * later by a process that took over meanwhile.
 */
export async function lockReadComments(
  tx: Tx,
  read: { readonly commentIds: readonly string[]; readonly readAt: Date },
): Promise<readonly string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from review_comments
    where id = any(${uuidArray(read.commentIds)}) and gone_at is null
      and (last_polled_at is null or last_polled_at < ${read.readAt.toISOString()}::timestamptz)
    order by id for no key update`);
  return rows.map(({ id }) => id);
}

export interface RecordedRead {
  readonly commentId: string;
  /** Readings in a row that did not find it. */
  readonly missingCount: number;
  readonly gone: boolean;
  /** When it was to come due, as it was read. */
  readonly plannedAt: string;
  /** Null: it is not read any more. */
  readonly nextPollAt: Date | null;
}

/** Writes what became of locked comments. One made due since the reading began stays due. */
export async function recordReads(tx: Tx, readAt: Date, reads: readonly RecordedRead[]): Promise<void> {
  await tx.execute(sql`
    update review_comments c set last_polled_at = ${readAt.toISOString()}::timestamptz,
      missing_count = read."missingCount", gone_at = case when read.gone then reviewd_now() end,
      next_poll_at = case when read.gone then null
        when c.next_poll_at is distinct from read."plannedAt" then c.next_poll_at
        else read."nextPollAt" end
    from jsonb_to_recordset(${JSON.stringify(reads)}::text::jsonb) as read(
      "commentId" uuid, "missingCount" smallint, "gone" boolean, "plannedAt" timestamptz, "nextPollAt" timestamptz)
    where c.id = read."commentId"`);
}
