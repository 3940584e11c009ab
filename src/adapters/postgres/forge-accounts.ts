/** The forge_accounts table: who we are on each forge. */
import { and, eq } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";
import { forgeAccounts } from "./schema.ts";

export type ForgeAccount = typeof forgeAccounts.$inferSelect;

/** The account the forge says is ours. */
export async function storeForgeAccount(db: Db | Tx, account: ForgeAccount): Promise<void> {
  const { login } = account;
  await db
    .insert(forgeAccounts)
    .values(account)
    .onConflictDoUpdate({ target: [forgeAccounts.forge, forgeAccounts.host], set: { login } });
}

/** Null until a process that holds the App's key has asked the forge. */
export async function findForgeAccount(
  db: Db | Tx,
  { forge, host }: Pick<ForgeAccount, "forge" | "host">,
): Promise<ForgeAccount | null> {
  const [row] = await db
    .select()
    .from(forgeAccounts)
    .where(and(eq(forgeAccounts.forge, forge), eq(forgeAccounts.host, host)));
  return row ?? null;
}
