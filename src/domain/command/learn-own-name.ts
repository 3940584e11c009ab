/** Stores what the App is called, for serve, which cannot ask the forge: so people can address us by that name. */
import { storeForgeAccount } from "../../adapters/postgres/forge-accounts.ts";
import type { ForgeContext } from "../../context.ts";

export async function learnOwnName({ db, forge }: ForgeContext): Promise<void> {
  await storeForgeAccount(db, { forge: forge.kind, host: forge.host, login: await forge.ownLogin() });
}
