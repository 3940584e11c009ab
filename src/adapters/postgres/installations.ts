/** The installations table: where the App was let in, and whether it still is. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
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
        updatedAt: facts.updatedAt,
      },
      setWhere: sql`${facts.status === "deleted"} or (${installations.status} <> 'deleted'
        and ${installations.updatedAt} <= ${facts.updatedAt.toISOString()}::timestamptz)`,
    })
    .returning();
  return stored ?? null;
}

function isInstallation(key: InstallationKey): SQL | undefined {
  return and(
    eq(installations.forge, key.forge),
    eq(installations.host, key.host),
    eq(installations.externalId, key.externalId),
  );
}
