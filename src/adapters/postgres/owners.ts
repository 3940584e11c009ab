/** The owners table: whose capacity and plan a task uses. Seats are counted by the queue (seats.ts). */
import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { owners } from "./schema.ts";

export type Owner = typeof owners.$inferSelect;

export interface OwnerFacts {
  readonly forge: Owner["forge"];
  readonly host: string;
  readonly externalId: number;
  readonly login: string;
  readonly kind: Owner["kind"];
}

/**
 * The owner with this id at the forge, made on first sight. Locks no owner that is there already, so that it may come
 * before lockPlaces; a new login is left to renameOwner, which may not.
 */
export async function ensureOwner(tx: Tx, facts: OwnerFacts, maxRunning: number): Promise<Owner> {
  const [inserted] = await tx
    .insert(owners)
    .values({ ...facts, id: Bun.randomUUIDv7(), maxRunning })
    .onConflictDoNothing()
    .returning();
  if (inserted) return inserted;
  const [found] = await tx
    .select()
    .from(owners)
    .where(
      and(
        eq(owners.forge, facts.forge),
        eq(owners.host, facts.host),
        eq(owners.externalId, facts.externalId),
      ),
    );
  if (!found) throw new Error("an owner that made an insert conflict is gone");
  return found;
}

/** Locks the owner: in a transaction that changes tasks only after lockPlaces. */
export async function renameOwner(tx: Tx, owner: Pick<Owner, "id" | "login">): Promise<void> {
  await tx.update(owners).set({ login: owner.login }).where(eq(owners.id, owner.id));
}

/** Locks the owner. What is in its queue stays there: whoever blocks a plan stops it afterwards (stop-blocked.ts). */
export async function setPlan(tx: Tx, id: string, plan: Owner["plan"]): Promise<void> {
  await tx.update(owners).set({ plan }).where(eq(owners.id, id));
}

/** Locks the owner. What it is to review anew the next sweeps find. */
export async function setReviewSettings(tx: Tx, id: string, reviewSettings: object): Promise<void> {
  await tx.update(owners).set({ reviewSettings }).where(eq(owners.id, id));
}

/** @throws Error when there is no such owner */
export async function getOwner(db: Db | Tx, id: string): Promise<Owner> {
  const owner = await findOwner(db, id);
  if (!owner) throw new Error(`there is no owner ${id}`);
  return owner;
}

export async function findOwner(db: Db | Tx, id: string): Promise<Owner | null> {
  const [row] = await db.select().from(owners).where(eq(owners.id, id));
  return row ?? null;
}

/**
 * By login or by our id. Logins are unique at one host only, and may be taken over by another account once theirs was
 * renamed.
 */
export async function findOwners(db: Db, loginOrId: string): Promise<readonly Owner[]> {
  return await db
    .select()
    .from(owners)
    .where(sql`lower(${owners.login}) = lower(${loginOrId}) or ${owners.id}::text = lower(${loginOrId})`)
    .orderBy(owners.id);
}
