/** The webhook_deliveries table: what each webhook call was and what became of it. */
import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { webhookDeliveries } from "./schema.ts";

export type WebhookDelivery = typeof webhookDeliveries.$inferSelect;

export interface DeliveryKey {
  readonly forge: string;
  readonly host: string;
  readonly deliveryId: string;
}

/** What a delivery is about, for people who look for it. */
interface DeliverySubject {
  readonly event: string;
  readonly action: string | null;
  /** `owner/name` as the payload says it. */
  readonly repository: string | null;
  readonly pullRequestNumber: number | null;
}

export type NewDelivery = DeliveryKey & DeliverySubject;

/**
 * Takes the delivery for this transaction, as its first statement: another call with the same id waits here until it
 * is over. `duplicate`: it was dealt with before, which is counted. A delivery whose work failed is taken again.
 */
export async function takeDelivery(tx: Tx, delivery: NewDelivery): Promise<"taken" | "duplicate"> {
  // Never seen by anybody: the transaction ends with finishDelivery, or rolls back.
  const unfinished = { outcome: "failed", reason: "unfinished" } as const;
  const inserted = await tx
    .insert(webhookDeliveries)
    .values({ ...delivery, ...unfinished })
    .onConflictDoNothing()
    .returning({ outcome: webhookDeliveries.outcome });
  if (inserted.length > 0) return "taken";
  const [repeated] = await tx
    .update(webhookDeliveries)
    .set({ repeatCount: sql`${webhookDeliveries.repeatCount} + 1`, repeatedAt: sql`reviewd_now()` })
    .where(isDelivery(delivery))
    .returning({ outcome: webhookDeliveries.outcome });
  return repeated?.outcome === "failed" ? "taken" : "duplicate";
}

export interface DeliveryResult {
  readonly outcome: WebhookDelivery["outcome"];
  readonly reason: string;
  readonly taskId: string | null;
}

export async function finishDelivery(
  tx: Tx,
  delivery: NewDelivery,
  { outcome, reason, taskId }: DeliveryResult,
): Promise<void> {
  const { event, action, repository, pullRequestNumber } = delivery;
  await tx
    .update(webhookDeliveries)
    .set({ event, action, repository, pullRequestNumber, outcome, reason, taskId, error: null })
    .where(isDelivery(delivery));
}

/** Records that the work was rolled back. Changes nothing where another call with this id has done it meanwhile. */
export async function recordFailedDelivery(
  db: Db,
  delivery: NewDelivery,
  failure: { readonly reason: string; readonly error: string },
): Promise<void> {
  await db
    .insert(webhookDeliveries)
    .values({ ...delivery, ...failure, outcome: "failed" })
    .onConflictDoUpdate({
      target: [webhookDeliveries.forge, webhookDeliveries.host, webhookDeliveries.deliveryId],
      set: {
        ...failure,
        repeatCount: sql`${webhookDeliveries.repeatCount} + 1`,
        repeatedAt: sql`reviewd_now()`,
      },
      setWhere: eq(webhookDeliveries.outcome, "failed"),
    });
}

export async function findDelivery(db: Db, key: DeliveryKey): Promise<WebhookDelivery | null> {
  const [row] = await db.select().from(webhookDeliveries).where(isDelivery(key));
  return row ?? null;
}

/** Where a page ended. The time is text in RFC 3339 with microseconds, which a Date would cut off. */
interface DeliveryPlace {
  readonly receivedAt: string;
  readonly deliveryId: string;
}

export interface DeliveryFilter {
  readonly outcome?: WebhookDelivery["outcome"] | undefined;
  readonly event?: string | undefined;
  readonly repository?: string | undefined;
  readonly since?: Date | undefined;
  readonly after?: DeliveryPlace | undefined;
  readonly limit: number;
}

export interface ListedDelivery extends WebhookDelivery {
  readonly place: DeliveryPlace;
}

/** Newest first. */
export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<readonly ListedDelivery[]> {
  const { outcome, event, repository, since, after } = filter;
  const receivedAt = sql<string>`to_char(${webhookDeliveries.receivedAt} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const rows = await db
    .select({ row: webhookDeliveries, receivedAt })
    .from(webhookDeliveries)
    .where(
      and(
        outcome && eq(webhookDeliveries.outcome, outcome),
        event ? eq(webhookDeliveries.event, event) : undefined,
        repository ? sql`lower(${webhookDeliveries.repository}) = lower(${repository})` : undefined,
        since && sql`${webhookDeliveries.receivedAt} >= ${since.toISOString()}::timestamptz`,
        after &&
          sql`(${webhookDeliveries.receivedAt}, ${webhookDeliveries.deliveryId})
            < (${after.receivedAt}::timestamptz, ${after.deliveryId})`,
      ),
    )
    .orderBy(desc(webhookDeliveries.receivedAt), desc(webhookDeliveries.deliveryId))
    .limit(filter.limit);
  return rows.map(({ row, receivedAt }) => ({ ...row, place: { receivedAt, deliveryId: row.deliveryId } }));
}

function isDelivery(key: DeliveryKey): SQL | undefined {
  return and(
    eq(webhookDeliveries.forge, key.forge),
    eq(webhookDeliveries.host, key.host),
    eq(webhookDeliveries.deliveryId, key.deliveryId),
  );
}
