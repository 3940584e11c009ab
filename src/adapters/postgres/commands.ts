/** The commands table: what people ask for in comments, claimed by a worker under a fence as tasks are. */
import { and, desc, eq, isNull, lt, notInArray, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Db, Tx } from "./connect.ts";
import { commands, tasks } from "./schema.ts";
import { uuidArray } from "./seats.ts";

export type CommandRow = typeof commands.$inferSelect;
export type CommandName = CommandRow["name"];

export type NewCommand = Pick<
  CommandRow,
  | "pullRequestId"
  | "forge"
  | "host"
  | "commentKind"
  | "commentId"
  | "threadId"
  | "authorExternalId"
  | "authorLogin"
  | "name"
  | "text"
  | "headSha"
>;

/** What whoever runs a command carries: every write of it is guarded by all three. */
export type CommandClaim = Pick<CommandRow, "id" | "fence"> & { readonly workerId: string };
export type ClaimedCommand = CommandRow & CommandClaim;

/** Its id; null where this comment's command is there already. */
export async function insertCommand(tx: Tx, command: NewCommand): Promise<string | null> {
  const [row] = await tx
    .insert(commands)
    .values({ ...command, id: Bun.randomUUIDv7(), status: "pending" })
    .onConflictDoNothing()
    .returning({ id: commands.id });
  return row?.id ?? null;
}

/** Whether a comment was taken for a command. */
export async function isCommand(
  tx: Tx,
  { forge, host, commentKind, commentId }: Pick<NewCommand, "forge" | "host" | "commentKind" | "commentId">,
): Promise<boolean> {
  const place = and(eq(commands.forge, forge), eq(commands.host, host));
  const comment = and(eq(commands.commentKind, commentKind), eq(commands.commentId, commentId));
  return (await tx.select({ id: commands.id }).from(commands).where(and(place, comment))).length > 0;
}

/**
 * Takes commands that are due. Those of one pull request run one after the other, in the order in which they came;
 * only questions, which take long and change nothing, let later ones pass.
 */
export async function claimCommands(
  db: Db,
  { workerId, limit }: { readonly workerId: string; readonly limit: number },
): Promise<readonly ClaimedCommand[]> {
  const due = sql`
    select id from commands c
    where status = 'pending' and run_after <= reviewd_now() and not exists (
      select from commands earlier
      where earlier.pull_request_id = c.pull_request_id and earlier.id < c.id and earlier.name <> 'ask'
        and earlier.status in ('pending', 'running'))
    order by run_after, id limit ${limit} for update skip locked`;
  return await db
    .update(commands)
    .set({
      status: "running",
      workerId,
      fence: sql`${commands.fence} + 1`,
      attemptCount: sql`${commands.attemptCount} + 1`,
    })
    // Claimed by others between their look and ours, a row is skipped or its state has changed.
    .where(sql`${commands.id} in (${due}) and ${commands.status} = 'pending'`)
    .returning()
    .then((rows) => rows.sort(byId).map((row) => ({ ...row, workerId })));
}

/** Whether anything could be claimed now; spares an idle process its lease. */
export async function hasDueCommands(db: Db): Promise<boolean> {
  const isDue = sql`status = 'pending' and run_after <= reviewd_now()`;
  return (await db.select({ id: commands.id }).from(commands).where(isDue).limit(1)).length > 0;
}

/**
 * Commands whose worker is gone are due again, however often they were tried: whoever claims them ends those that used
 * up their attempts. Says how many.
 * @param own the worker that asks, if it has a lease, and what it knows to be running: the rest of its own is lost, too
 */
export async function releaseLostCommands(
  db: Db,
  own: { readonly workerId: string; readonly running: readonly string[] } | null,
): Promise<number> {
  const isStray = own
    ? sql`(${commands.workerId} = ${own.workerId} and ${commands.id} <> all(${uuidArray(own.running)}))`
    : sql`false`;
  const released = await db
    .update(commands)
    .set({ status: "pending", workerId: null })
    .where(
      sql`${commands.status} = 'running' and (${isStray}
        or not exists (select from workers where workers.id = ${commands.workerId}))`,
    )
    .returning({ id: commands.id });
  return released.length;
}

/** Notes that its author may. False: it is another worker's by now. */
export async function permitCommand(db: Db, claim: CommandClaim): Promise<boolean> {
  const permittedAt = sql`coalesce(${commands.permittedAt}, reviewd_now())`;
  const permitted = await db
    .update(commands)
    .set({ permittedAt })
    .where(isClaimed(claim))
    .returning({ id: commands.id });
  return permitted.length > 0;
}

/** Holds the command until the transaction ends, and tells it as it is. Null: it is another worker's by now. */
export async function lockCommand(tx: Tx, claim: CommandClaim): Promise<ClaimedCommand | null> {
  const [row] = await tx.select().from(commands).where(isClaimed(claim)).for("update");
  return row ? { ...row, workerId: claim.workerId } : null;
}

export interface CommandEnd {
  readonly status: Extract<CommandRow["status"], "done" | "refused" | "failed">;
  readonly reason: string;
  readonly error?: string | null;
  readonly taskId?: string | null;
  /** What it was done for; the pull request may have got a newer head since it was asked. */
  readonly headSha?: string;
}

/** False: it is another worker's by now. */
export async function endCommand(db: Db | Tx, claim: CommandClaim, end: CommandEnd): Promise<boolean> {
  const ended = await db
    .update(commands)
    .set({ ...end, workerId: null, finishedAt: sql`reviewd_now()` })
    .where(isClaimed(claim))
    .returning({ id: commands.id });
  return ended.length > 0;
}

export interface Delay {
  readonly delayMs: number;
  /** Null: nothing went wrong, it is only too soon, and the attempt does not count. */
  readonly error: string | null;
}

/** Puts a command off. */
export async function delayCommand(db: Db, claim: CommandClaim, { delayMs, error }: Delay): Promise<void> {
  const runAfter = sql`reviewd_now() + ${delayMs}::float8 * interval '1 millisecond'`;
  const failed = error === null ? { attemptCount: sql`${commands.attemptCount} - 1` } : { error };
  await db
    .update(commands)
    .set({ status: "pending", workerId: null, runAfter, ...failed })
    .where(isClaimed(claim));
}

/** Gives a command back unfinished; the attempt does not count. */
export async function handBackCommand(db: Db, claim: CommandClaim): Promise<void> {
  const attemptCount = sql`${commands.attemptCount} - 1`;
  await db.update(commands).set({ status: "pending", workerId: null, attemptCount }).where(isClaimed(claim));
}

export interface EarlierCommand {
  readonly status: CommandRow["status"];
  readonly reason: string | null;
  /** Before the later one was written. */
  readonly agoMs: number;
  /** Before now. */
  readonly ageMs: number;
  /** The review that it started or found; null: none. */
  readonly task: Pick<typeof tasks.$inferSelect, "status" | "reason" | "headSha" | "baseRef"> | null;
}

/**
 * Commands of the same name that came before it on its pull request, or for a question in its thread; newest first.
 * Those of people who may not are none, else they could hide the others from it.
 */
export async function findEarlierCommands(
  tx: Tx,
  { id, pullRequestId, name, threadId }: CommandRow,
): Promise<readonly EarlierCommand[]> {
  const later = alias(commands, "later");
  const ago = (until: SQL) =>
    sql<number>`(extract(epoch from ${until} - ${commands.createdAt}) * 1000)::float8`;
  return await tx
    .select({
      status: commands.status,
      reason: commands.reason,
      agoMs: ago(sql`${later.createdAt}`),
      ageMs: ago(sql`reviewd_now()`),
      task: { status: tasks.status, reason: tasks.reason, headSha: tasks.headSha, baseRef: tasks.baseRef },
    })
    .from(commands)
    .innerJoin(later, eq(later.id, id))
    .leftJoin(tasks, eq(tasks.id, commands.taskId))
    .where(
      and(
        eq(commands.pullRequestId, pullRequestId),
        lt(commands.id, id),
        eq(commands.name, name),
        name === "ask" ? sql`${commands.threadId} is not distinct from ${threadId}` : undefined,
        or(isNull(commands.reason), notInArray(commands.reason, ["no_permission", "permission_unknown"])),
      ),
    )
    .orderBy(desc(commands.id))
    .limit(100);
}

function isClaimed({ id, workerId, fence }: CommandClaim): SQL | undefined {
  return and(
    eq(commands.id, id),
    eq(commands.status, "running"),
    eq(commands.workerId, workerId),
    eq(commands.fence, fence),
  );
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
