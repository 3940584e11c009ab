/**
 * Writing what comments were read to have, in the poller's own batches, and beside each a bare insert of the same rows
 * into the same table of a like database.
 */
import { sql } from "drizzle-orm";
import type { Reaction } from "../../src/adapters/forge/forge.ts";
import { getDatabaseTime } from "../../src/adapters/postgres/clock.ts";
import {
  type DueBatch,
  type DueComment,
  type DuePlace,
  findDueComments,
  findInstallationsToPoll,
} from "../../src/adapters/postgres/comment-polls.ts";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { type BatchTime, recordBatch } from "../../src/domain/feedback/record-batch.ts";
import { dayMs, schedule } from "./polled-comments.ts";

export interface Databases {
  readonly ours: Db;
  readonly bare: Db;
}

export interface Pass {
  /** How often each comment's last reaction has been taken back and given anew by now, by the comment's number. */
  readonly givenAnew: (externalId: number) => number;
  readonly eachSlice?: () => void;
}

export interface Recorded {
  readonly comments: number;
  readonly ms: number;
  readonly bareMs: number;
  /** Of each slice: the bare insert's time over ours. */
  readonly ratios: readonly number[];
  /** Rows of feedback that were written. */
  readonly touched: number;
}

/** The poller's. */
const batchSize = 100;
/** Batches that are compared as one. */
const slice = 10;

/** Everything that is due, each batch by both, in turns. */
export async function recordBeside({ ours, bare }: Databases, pass: Pass): Promise<Recorded> {
  const since = await nextTransaction(ours);
  const slices: { ms: number; bareMs: number }[] = [];
  let [comments, batches] = [0, 0];
  for await (const { batch, time } of dueBatches(ours)) {
    if (batches % slice === 0) slices.push({ ms: 0, bareMs: 0 });
    const last = slices.at(-1) ?? { ms: 0, bareMs: 0 };
    const oursFirst = batches++ % 2 === 0;
    if (!oursFirst) last.bareMs += await insertBarely(bare, batch.comments, pass);
    last.ms += await record(ours, batch, time, pass);
    if (oursFirst) last.bareMs += await insertBarely(bare, batch.comments, pass);
    comments += batch.comments.length;
    if (batches % slice === 0) pass.eachSlice?.();
  }
  return {
    comments,
    ms: slices.reduce((sum, { ms }) => sum + ms, 0),
    bareMs: slices.reduce((sum, { bareMs }) => sum + bareMs, 0),
    ratios: slices.map(({ ms, bareMs }) => bareMs / ms),
    touched: await countTouched(ours, since),
  };
}

/** A day goes by: everything is due again. */
export async function nextDay(db: Db): Promise<void> {
  await db.execute(sql`update clock set shift = shift + ${dayMs} * interval '1 millisecond'`);
}

/** As pollInstallation asks for them; each is to be recorded before the next. */
async function* dueBatches(db: Db): AsyncGenerator<{ batch: DueBatch; time: BatchTime }> {
  const startedAt = await getDatabaseTime(db);
  const place = { forge: "github", host: "github.test", dueAt: startedAt };
  for (const { id: installationId } of await findInstallationsToPoll(db, place)) {
    let after: DuePlace | null = null;
    do {
      const due = { installationId, dueAt: startedAt, soon: startedAt, after, limit: batchSize };
      const batch: DueBatch = await findDueComments(db, due);
      if (batch.comments.length > 0) yield { batch, time: { schedule, startedAt } };
      after = batch.last;
    } while (after);
  }
}

async function record(db: Db, batch: DueBatch, time: BatchTime, pass: Pass): Promise<number> {
  const reads = new Map(
    batch.comments.map((comment) => [
      comment.id,
      { state: "complete" as const, reactions: reactionsOf(comment, pass) },
    ]),
  );
  const beganMs = performance.now();
  await recordBatch(db, { ...batch, reads }, time);
  return performance.now() - beganMs;
}

/** In one statement, which is its own transaction. */
async function insertBarely(db: Db, comments: readonly DueComment[], pass: Pass): Promise<number> {
  const rows = comments.flatMap((comment) =>
    reactionsOf(comment, pass).map(({ id: externalId, reactor, content, createdAt }) => ({
      ...{ id: Bun.randomUUIDv7(), commentId: comment.id, externalId, content, createdAt },
      ...{ reactorId: reactor?.id, login: reactor?.login },
    })),
  );
  const beganMs = performance.now();
  await db.execute(sql`
    insert into review_feedback
      (id, comment_id, kind, external_id, reactor_external_id, reactor_login, content, created_at)
    select id, "commentId", 'reaction', "externalId", "reactorId", login, content, "createdAt"
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given(id uuid, "commentId" uuid,
      "externalId" bigint, "reactorId" bigint, login text, content text, "createdAt" timestamptz)
    on conflict do nothing`);
  return performance.now() - beganMs;
}

/** One of each content; the last has another number whenever it is given anew. */
function reactionsOf({ externalId }: DueComment, { givenAnew }: Pass): readonly Reaction[] {
  return (["+1", "heart", "-1"] as const).map((content, n) => ({
    id: externalId * 1_000 + n + (content === "-1" ? givenAnew(externalId) : 0),
    content,
    createdAt: "2026-11-01T12:00:00Z",
    reactor: { id: 40 + n, login: `user-${n}`, isBot: false },
  }));
}

/** The first that has not begun. */
async function nextTransaction(db: Db): Promise<string> {
  const [row] = await db.execute<{ id: string }>(
    sql`select pg_snapshot_xmax(pg_current_snapshot())::text as id`,
  );
  if (!row) throw new Error("the database has no transactions");
  return row.id;
}

/** Rows that this transaction or a later one wrote. */
async function countTouched(db: Db, transaction: string): Promise<number> {
  const [row] = await db.execute<{ rows: number }>(sql`
    select count(*)::int as rows from review_feedback where xmin::text::bigint >= ${transaction}::bigint`);
  return row?.rows ?? Number.NaN;
}
