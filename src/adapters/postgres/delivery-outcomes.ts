/** What became of many deliveries at once, for whoever compares them with the forge's own record. */
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { webhookDeliveries } from "./schema.ts";

type Outcome = (typeof webhookDeliveries.$inferSelect)["outcome"];

/** Ids asked for in one statement. */
const batchSize = 1_000;

/** By delivery id; one that is not known has no entry. */
export async function findDeliveryOutcomes(
  db: Db,
  asked: { readonly forge: "github"; readonly host: string; readonly deliveryIds: readonly string[] },
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (let start = 0; start < asked.deliveryIds.length; start += batchSize) {
    const ids = asked.deliveryIds.slice(start, start + batchSize);
    const { forge, host } = webhookDeliveries;
    const rows = await db
      .select({ id: webhookDeliveries.deliveryId, outcome: webhookDeliveries.outcome })
      .from(webhookDeliveries)
      .where(and(eq(forge, asked.forge), eq(host, asked.host), inArray(webhookDeliveries.deliveryId, ids)));
    for (const { id, outcome } of rows) outcomes.set(id, outcome);
  }
  return outcomes;
}

/** When this database was made: it cannot know of what came before. */
export async function getDatabaseBirth(db: Db): Promise<Date> {
  const [row] = await db.execute<{ born_at: string | null }>(
    sql`select min(applied_at) as born_at from schema_migrations`,
  );
  if (!row?.born_at) throw new Error("the database was never migrated");
  return new Date(row.born_at);
}
