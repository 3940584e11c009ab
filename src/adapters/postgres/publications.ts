/**
 * The outbox: every intended write to a forge. A row is `intended` until a write of it starts, `uncertain` while one
 * may have been done, then `posted`. `failed` and `abandoned` rows are never written.
 */
import { and, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import type { CheckState } from "../forge/check.ts";
import type { NotReviewed, ReviewerName } from "../reviewer/reviewer.ts";
import type { Db, Tx } from "./connect.ts";
import type { ReviewFacts } from "./review-facts.ts";
import { publications } from "./schema.ts";

type Row = typeof publications.$inferSelect;

/** Files a review covers; `notReviewed` and `reviewed` add up to the files of the diff. */
export interface Coverage {
  /** Files that every reviewer read as a whole. */
  readonly reviewed: number;
  /** One entry a file, with the reason of the first that did not read it; `reviewers`: which, where not all of them. */
  readonly notReviewed: readonly (NotReviewed & { readonly reviewers?: readonly ReviewerName[] })[];
}

export interface FrozenComment {
  readonly findingId: string;
  readonly path: string;
  readonly line: number;
  readonly startLine: number | null;
  readonly body: string;
}

/** What is written, rendered before the first write; all that a later attempt needs. */
export interface Payloads {
  readonly review: {
    readonly headSha: string;
    readonly body: string;
    readonly comments: readonly FrozenComment[];
  };
  readonly summary: { readonly body: string; readonly coverage: Coverage; readonly facts: ReviewFacts };
  readonly check: { readonly headSha: string; readonly externalId: string; readonly check: CheckState };
  /** The threads that begin with these inline comments have ended: what they say is not there any more. */
  readonly thread: { readonly commentIds: readonly number[] };
  /** Without its marker, which is made when it is written. */
  readonly notice: { readonly text: string };
  /** `threadId`: the first comment of the thread it answers in; null: in the conversation. */
  readonly reply: { readonly headSha: string; readonly threadId: number | null; readonly body: string };
}

export type PublicationKind = keyof Payloads;

export type Publication<Kind extends PublicationKind = PublicationKind> = Kind extends PublicationKind
  ? Omit<Row, "kind" | "payload" | "taskId"> & {
      readonly kind: Kind;
      readonly payload: Payloads[Kind];
      /** Null: a command's, or a notice that somebody has to act. */
      readonly taskId: Kind extends "reply"
        ? null
        : Kind extends "thread" | "notice"
          ? string | null
          : string;
    }
  : never;

export type NewPublication = {
  [Kind in Exclude<PublicationKind, "reply">]: {
    readonly id: string;
    readonly taskId: string;
    readonly pullRequestId: string;
    readonly kind: Kind;
    readonly payload: Payloads[Kind];
  };
}[Exclude<PublicationKind, "reply">];

/** Serialises whoever is about to write to a pull request. In the lock order it comes first. */
export async function lockPullRequest(tx: Tx, pullRequestId: string): Promise<void> {
  await tx.execute(sql`select from pull_requests where id = ${pullRequestId} for no key update`);
}

/**
 * Puts a write into the outbox. A task that shows its review only in reviewd keeps what would have been posted as
 * abandoned, and only open rows are ever written.
 */
export async function insertPublication(tx: Tx, publication: NewPublication): Promise<void> {
  const state = sql`(select case output_mode when 'forge' then 'intended' else 'abandoned' end
    from tasks where id = ${publication.taskId})`;
  await tx.insert(publications).values({ ...publication, state });
}

export async function findPublications(db: Db | Tx, taskId: string): Promise<readonly Publication[]> {
  return (await db.select().from(publications).where(eq(publications.taskId, taskId))).map(typed);
}

/** @throws Error when the task has none of the kind */
export async function getPublication<Kind extends PublicationKind>(
  db: Db | Tx,
  taskId: string,
  kind: Kind,
): Promise<Publication<Kind>> {
  const publication = await findPublication(db, taskId, kind);
  if (!publication) throw new Error(`the task ${taskId} has no ${kind} to publish`);
  return publication;
}

export async function findPublication<Kind extends PublicationKind>(
  db: Db | Tx,
  taskId: string,
  kind: Kind,
): Promise<Publication<Kind> | null> {
  const found = (await findPublications(db, taskId)).find((publication) => publication.kind === kind);
  return (found as Publication<Kind> | undefined) ?? null;
}

/**
 * Milliseconds until no write to the pull request that was started before can still arrive at the forge; 0: none can.
 * @param settleMs how long after its start a write may still arrive
 */
export async function findUnsettledMs(
  db: Db | Tx,
  { pullRequestId, settleMs }: { readonly pullRequestId: string; readonly settleMs: number },
): Promise<number> {
  const [row] = await db.execute<{ left_ms: number | null }>(sql`
    select max(extract(epoch from attempted_at - reviewd_now()) * 1000 + ${settleMs}::float8)::float8 as left_ms
    from publications where pull_request_id = ${pullRequestId} and state in ('uncertain', 'abandoned', 'failed')`);
  return Math.max(0, row?.left_ms ?? 0);
}

/** Marks that a write starts now: from here on it may have been done. False: the row is closed, do not write. */
export async function startWrite(
  tx: Tx,
  { id, fence }: { readonly id: string; readonly fence: number },
): Promise<boolean> {
  const started = await tx
    .update(publications)
    .set({
      state: "uncertain",
      attemptedAt: sql`reviewd_now()`,
      attemptCount: sql`${publications.attemptCount} + 1`,
      fence,
      error: null,
    })
    .where(and(eq(publications.id, id), stillOpen()))
    .returning({ id: publications.id });
  return started.length > 0;
}

/** The write was done, or an earlier one was found done. */
export async function markPosted(
  tx: Tx,
  { id, externalId }: { readonly id: string; readonly externalId: number },
): Promise<void> {
  await tx
    .update(publications)
    .set({ state: "posted", externalId, postedAt: sql`reviewd_now()`, runAfter: null, error: null })
    .where(eq(publications.id, id));
}

/** The forge refused the write, so it was certainly not done. */
export async function markRefused(
  tx: Tx,
  { id, error }: { readonly id: string; readonly error: string },
): Promise<void> {
  await tx
    .update(publications)
    .set({ state: "intended", attemptedAt: null, error })
    .where(and(eq(publications.id, id), eq(publications.state, "uncertain")));
}

/** The forge answered, so that nothing of it is on its way; more of it is still to be written. */
export async function markAnswered(tx: Tx, id: string): Promise<void> {
  await tx
    .update(publications)
    .set({ state: "intended", attemptedAt: null })
    .where(and(eq(publications.id, id), eq(publications.state, "uncertain")));
}

/** Gives a row new content to write; one that was posted is to be written again. Not where its task posts nothing any more. */
export async function intendPayload<Kind extends PublicationKind>(
  tx: Tx,
  { id, payload }: { readonly id: string; readonly payload: Payloads[Kind] },
): Promise<void> {
  await tx
    .update(publications)
    .set({
      payload,
      state: sql`case state when 'uncertain' then state else 'intended' end`,
      attemptedAt: sql`case state when 'uncertain' then attempted_at end`,
    })
    .where(
      and(
        eq(publications.id, id),
        inArray(publications.state, ["intended", "uncertain", "posted"]),
        sql`not exists (select from tasks where id = ${publications.taskId} and output_mode = 'app')`,
      ),
    );
}

/** Ends rows that nobody shall write any more. */
export async function endPublication(
  tx: Tx,
  ended: { readonly id: string; readonly state: "failed" | "abandoned"; readonly error: string | null },
): Promise<void> {
  const { id, ...end } = ended;
  await tx
    .update(publications)
    .set({ ...end, runAfter: null })
    .where(and(eq(publications.id, id), stillOpen()));
}

/** Another task takes over their check run: what was still to be written to it would overwrite the new task's. */
export async function abandonOtherChecks(
  tx: Tx,
  other: { readonly taskId: string; readonly pullRequestId: string; readonly externalId: string },
): Promise<void> {
  await tx
    .update(publications)
    .set({ state: "abandoned", error: "a later task of the same head took the check over", runAfter: null })
    .where(
      and(
        eq(publications.pullRequestId, other.pullRequestId),
        eq(publications.kind, "check"),
        ne(publications.taskId, other.taskId),
        sql`${publications.payload} ->> 'externalId' = ${other.externalId}`,
        stillOpen(),
      ),
    );
}

/** True while it is still to be written, or may have been. */
export function isOpen({ state }: Pick<Row, "state">): boolean {
  return state === "intended" || state === "uncertain";
}

/** As isOpen, as a condition on rows. */
export function stillOpen(): SQL | undefined {
  return inArray(publications.state, ["intended", "uncertain"]);
}

/** Payload and task were written by insertPublication, which holds them to the kind. */
export function typed(row: Row): Publication {
  return row as unknown as Publication;
}
