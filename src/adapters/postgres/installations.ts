/** The installations table: where the App was let in, and whether it still is. */
import { and, eq, isNotNull, ne, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { installations } from "./schema.ts";

export type Installation = typeof installations.$inferSelect;

export interface InstallationKey {
  readonly forge: string;
  readonly host: string;
  readonly externalId: number;
}

/**
 * The installation an event belongs to, made on first sight, held against changes: whoever suspends it waits until
 * the work this event brings is there to be cancelled. A row made here knows no time of the forge yet.
 */
export async function holdInstallation(
  tx: Tx,
  installation: InstallationKey & { readonly ownerId: string },
): Promise<Installation> {
  const [inserted] = await tx
    .insert(installations)
    .values({ ...installation, id: Bun.randomUUIDv7(), updatedAt: new Date(0) })
    .onConflictDoNothing()
    .returning();
  if (inserted) return inserted;
  const [found] = await tx.select().from(installations).where(isInstallation(installation)).for("share");
  if (!found) throw new Error("an installation that made an insert conflict is gone");
  return found;
}

export interface InstallationFacts extends InstallationKey {
  readonly ownerId: string;
  readonly status: Installation["status"];
  readonly permissions: Readonly<Record<string, string>>;
  /** The forge's time; orders events that arrive out of order. */
  readonly updatedAt: Date;
}

/**
 * Stores what an event says of an installation. Null: a later event was here before, nothing is changed. What was
 * deleted stays deleted, since installing again gives a new id.
 */
export async function storeInstallation(tx: Tx, facts: InstallationFacts): Promise<Installation | null> {
  const [stored] = await tx
    .insert(installations)
    .values({ ...facts, id: Bun.randomUUIDv7() })
    .onConflictDoUpdate({
      target: [installations.forge, installations.host, installations.externalId],
      set: {
        ownerId: facts.ownerId,
        status: facts.status,
        permissions: facts.permissions,
        actionRequired: null,
        actionRequiredAt: null,
        updatedAt: facts.updatedAt,
      },
      setWhere: sql`${facts.status === "deleted"} or (${installations.status} <> 'deleted'
        and ${installations.updatedAt} <= ${facts.updatedAt.toISOString()}::timestamptz)`,
    })
    .returning();
  return stored ?? null;
}

/**
 * Notes what somebody has to do before reviews of this pull request's installation can go on.
 * @returns whether it is to be told: not when it was told already, nor twice in a day; and how long to wait
 */
export async function noteAction(
  tx: Tx,
  {
    pullRequestId,
    text,
    mayTell,
  }: { readonly pullRequestId: string; readonly text: string; readonly mayTell: boolean },
): Promise<{ readonly tell: boolean; readonly waitMs: number }> {
  const [row] = await tx.execute<{ tell: boolean; wait_ms: number }>(sql`
    update installations set action_required = ${text}, action_probe_at = reviewd_now() + ${waitMs} * interval '1 millisecond',
      action_required_at = coalesce(installations.action_required_at, reviewd_now()),
      action_told_at = case when former.tell then reviewd_now() else installations.action_told_at end
    from (
      select id, ${mayTell}
          and (action_required is null or action_told_at is null or action_told_at < action_required_at)
          and (action_told_at is null or action_told_at < reviewd_now() - interval '1 day') as tell
      from installations where id = ${installationOf(pullRequestId)} for no key update) former
    where installations.id = former.id
    returning former.tell, ${waitMs} as wait_ms`);
  return { tell: row?.tell ?? false, waitMs: row?.wait_ms ?? 0 };
}

/**
 * Lets one review in a while try whether it was done.
 * @returns 0: this one, or nothing is required; else how long to wait (milliseconds)
 */
export async function probeAction(db: Db, pullRequestId: string): Promise<number> {
  const isMine = sql`id = ${installationOf(pullRequestId)} and action_required is not null`;
  const probed = await db.execute(sql`
    update installations set action_probe_at = reviewd_now() + ${waitMs} * interval '1 millisecond'
    where ${isMine} and action_probe_at <= reviewd_now() returning id`);
  if (probed.length > 0) return 0;
  const [row] = await db.execute<{ wait_ms: number }>(sql`
    select greatest(1, extract(epoch from action_probe_at - reviewd_now()) * 1000)::float8 as wait_ms
    from installations where ${isMine}`);
  return row?.wait_ms ?? 0;
}

/** Reviews go on: what waits for that is due at once. */
export async function endAction(tx: Tx, pullRequestId: string): Promise<void> {
  const [ended] = await tx
    .update(installations)
    .set({ actionRequired: null, actionRequiredAt: null })
    .where(sql`id = ${installationOf(pullRequestId)}`)
    .returning({ id: installations.id });
  if (ended) await wakeWaiting(tx, ended.id);
}

/** Has those who wait for somebody to act try again now. */
export async function wakeWaiting(tx: Db | Tx, installationId: string): Promise<void> {
  // Skips what somebody else has locked, so that it may come before or after any other lock.
  await tx.execute(sql`
    update tasks set run_after = reviewd_now() where id in (
      select id from tasks
      where placement = 'delayed' and reason = 'action_required' and run_after > reviewd_now()
        and repository_id in (select id from repositories where installation_id = ${installationId})
      for no key update skip locked)`);
}

/** A process that has just started may have what was missing: everybody may try. */
export async function allowProbes(db: Db): Promise<void> {
  const ids = await db
    .update(installations)
    .set({ actionProbeAt: sql`reviewd_now()` })
    .where(isNotNull(installations.actionRequired))
    .returning({ id: installations.id });
  for (const { id } of ids) await wakeWaiting(db, id);
}

/** Installations for which somebody has to act, and what; of one owner, or of all. */
export async function findRequiredActions(
  db: Db,
  ownerId: string | null,
): Promise<readonly { readonly text: string; readonly since: Date }[]> {
  const rows = await db
    .select({ text: installations.actionRequired, since: installations.actionRequiredAt })
    .from(installations)
    .where(
      and(
        isNotNull(installations.actionRequired),
        ne(installations.status, "deleted"),
        ownerId === null ? undefined : eq(installations.ownerId, ownerId),
      ),
    )
    .orderBy(installations.actionRequiredAt);
  return rows.flatMap(({ text, since }) => (text !== null && since !== null ? [{ text, since }] : []));
}

/** Half as long as it has lasted already, between a quarter of an hour and six hours. */
const waitMs = sql`(1000 * least(greatest(
  extract(epoch from reviewd_now() - coalesce(installations.action_required_at, reviewd_now())) / 2, 900), 21600))::float8`;

function installationOf(pullRequestId: string): SQL {
  return sql`(select r.installation_id from pull_requests p join repositories r on r.id = p.repository_id
    where p.id = ${pullRequestId})`;
}

function isInstallation(key: InstallationKey): SQL | undefined {
  return and(
    eq(installations.forge, key.forge),
    eq(installations.host, key.host),
    eq(installations.externalId, key.externalId),
  );
}
